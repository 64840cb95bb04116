import { randomUUID } from 'node:crypto';
import t from 'tap';
import { endpoints, STRETCH_PATH_PART, stretchPaths } from '../../../server/routes.js';
import { RawConnection } from '../../support/api/raw-connection.js';
import { createAccounts, rawLogin } from '../../support/api/raw-logins.js';
import { startServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

t.test('load shedding covers exactly the endpoints that stretch', async (t) => {
  t.ok(stretchPaths.length > 0);
  const seen = endpoints.map(({ path }) => path).filter((path) => path.includes(STRETCH_PATH_PART));
  t.same(seen, stretchPaths);
});

t.test('finished requests are not in flight, whatever their outcome', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' });
  const { inFlight } = server.services;
  const [email = ''] = await createAccounts(server, 1);
  t.equal((await rawLogin(server, email, '192.0.2.1')).status, 200);
  t.equal((await rawLogin(server, 'nobody@example.com', '192.0.2.2')).status, 400);
  const hangUp = new AbortController();
  const abandoned = rawLogin(server, email, '192.0.2.3', { signal: hangUp.signal });
  await waitUntil(() => inFlight.countAhead('') === 1);
  hangUp.abort();
  await t.rejects(abandoned);
  await waitUntil(() => inFlight.countAhead('') === 0);
});

t.test('a source without requests in flight is served while another is refused', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback', STRETCH_MAX_WAIT: '5' });
  const [email = ''] = await createAccounts(server, 1);
  const { inFlight } = server.services;
  for (let i = 0; i < 1000; i++) inFlight.add('192.0.2.1');
  const refused = await rawLogin(server, email, '192.0.2.1');
  t.match(refused, { status: 503, body: { errno: 201, retryAfter: Number } });
  t.equal(refused.headers['retry-after'], String(refused.body.retryAfter));
  t.equal(refused.headers['access-control-allow-origin'], '*');
  t.equal((await rawLogin(server, email, '192.0.2.2')).status, 200);
});

t.test('a stopping server logs its last refusals', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' });
  for (let i = 0; i < 1000; i++) server.services.inFlight.add('192.0.2.1');
  const [, refused] = await Promise.all([server.close(), rawLogin(server, 'a@example.com', '192.0.2.1')]);
  t.equal(refused.status, 503);
  t.match(JSON.parse(server.logLines.at(-1) ?? ''), { event: 'request', status: 503, errno: 201 });
});

t.test('a login with a long wait starts after half of it', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback', STRETCH_MAX_WAIT: '60' });
  const [email = ''] = await createAccounts(server, 1);
  const { inFlight, stretcher } = server.services;
  while (stretcher.queue.predictWaitMs(inFlight.countAhead('192.0.2.1')) < 1500) inFlight.add(randomUUID());
  const log = (status: number) =>
    server.logLines.map((line) => JSON.parse(line)).filter((line) => line.status === status);
  const stretched = log(200).length;

  await t.test('its logged duration includes the delay', async (t) => {
    t.equal((await rawLogin(server, email, '192.0.2.1')).status, 200);
    await waitUntil(() => log(200).length > stretched);
    t.ok(log(200).at(-1).ms > 500, `${log(200).at(-1).ms} ms`);
  });

  await t.test('it never starts if its client leaves before', async (t) => {
    const hangUp = new AbortController();
    const before = inFlight.countAhead('');
    const abandoned = rawLogin(server, email, '192.0.2.1', { signal: hangUp.signal });
    await waitUntil(() => inFlight.countAhead('') > before);
    hangUp.abort();
    await t.rejects(abandoned);
    await waitUntil(() => inFlight.countAhead('') === before);
    await waitUntil(() => log(499).length === 1);
    t.match(log(499), [{ route: 'POST /v1/raw_password/session/create', ms: 0 }]);
  });
});

t.test('bodies that the networks of one IPv6 customer hold back count as one source', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' });
  const { inFlight } = server.services;
  const held: RawConnection[] = [];
  t.teardown(() => {
    for (const connection of held) connection.hangUp();
  });
  for (let network = 0; network < 4; network++) {
    const connection = await RawConnection.open(server.url);
    held.push(connection);
    connection.write(
      `POST ${stretchPaths[0]} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 2001:db8:0:${network}00::1\r\nContent-Length: 9\r\n\r\n{`,
    );
  }
  await waitUntil(() => inFlight.countAhead('2001:db8::/48') === 4);
  t.equal(inFlight.countAhead('192.0.2.1'), 1);
});
