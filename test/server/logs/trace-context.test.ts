import t from 'tap';
import { readTraceId } from '../../../server/logs/trace-context.js';
import { createAccount, toHex } from '../../support/api/accounts.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

t.test('a valid traceparent gives its trace ID, also of later versions', async (t) => {
  t.equal(readTraceId(`00-${TRACE}-${PARENT}-01`), TRACE);
  t.equal(readTraceId(`01-${TRACE}-${PARENT}-01-more`), TRACE);
});

t.test('an invalid traceparent is ignored', async (t) => {
  const invalid = [
    undefined,
    '',
    TRACE,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}"}\n-${PARENT}-01`,
  ];
  for (const header of invalid) t.equal(readTraceId(header), undefined, String(header));
});

t.test('the trace ID is in every log line of a request, and not in the reply', async (t) => {
  const server = await startServer(t);
  const { email } = await createAccount(server);
  const before = server.logLines.length;
  const reply = await send(server, '/v1/raw_password/session/create', {
    body: { email: toHex(email), password: 'wrong' },
    headers: { traceparent: `00-${TRACE}-${PARENT}-01` },
  });
  t.equal(reply.status, 400);
  t.notMatch(JSON.stringify(reply), TRACE);
  const lines = server.logLines.slice(before).map((line) => JSON.parse(line));
  t.same(
    lines.map(({ event, traceId }) => [event, traceId]),
    [
      ['loginFailed', TRACE],
      ['request', TRACE],
    ],
  );
});

t.test('a request without a traceparent has no trace ID', async (t) => {
  const server = await startServer(t);
  await send(server, '/__heartbeat__', { method: 'GET' });
  t.notMatch(server.logLines.join(), /traceId/);
});
