import { setMaxListeners } from 'node:events';
import t from 'tap';
import { createAccounts, rawLogin } from '../../support/api/raw-logins.js';
import type { Reply } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

const GREEDY_LOGINS = 20;
/** Two running batches, two passwords in the same batch, and two as tolerance. */
const MAX_SERVED_BEFORE = 6;

async function countServedBefore(
  server: TestServer,
  greedy: (i: number, signal: AbortSignal) => Promise<Reply>,
  modest: () => Promise<Reply>,
): Promise<{ before: number; status: number }> {
  const hangingUp = new AbortController();
  // Each request adds a listener.
  setMaxListeners(0, hangingUp.signal);
  let answered = 0;
  const replies = Array.from({ length: GREEDY_LOGINS }, async (_, i) => {
    await greedy(i, hangingUp.signal);
    answered++;
  });
  await waitUntil(() => server.services.stretcher.queue.waiting >= GREEDY_LOGINS / 2);
  const answeredAtFirst = answered;
  const { status } = await modest();
  const before = answered - answeredAtFirst;
  hangingUp.abort();
  await Promise.allSettled(replies);
  return { before, status };
}

t.test('a login waits for few requests of a source with many', async (t) => {
  const settings = { TRUST_PROXY: 'loopback', STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '3600' };
  const server = await startServer(t, settings);
  const [mine = '', ...others] = await createAccounts(server, 3);
  const otherOf = (i: number) => others[i % others.length] as string;

  for (const [sender, login] of Object.entries<(i: number, signal: AbortSignal) => Promise<Reply>>({
    'from one address': (i, signal) => rawLogin(server, otherOf(i), '192.0.2.1', { signal }),
    'from all addresses of an IPv6 /56': (i, signal) =>
      rawLogin(server, otherOf(i), `2001:db8:0:7${i.toString(16).padStart(2, '0')}::1`, { signal }),
  })) {
    await t.test(sender, async (t) => {
      const { before, status } = await countServedBefore(server, login, () =>
        rawLogin(server, mine, '198.51.100.1'),
      );
      t.equal(status, 200);
      t.ok(before <= MAX_SERVED_BEFORE, `${before} of ${GREEDY_LOGINS} were served before`);
    });
  }
});
