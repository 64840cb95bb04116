import t, { type Test } from 'tap';
import { RawConnection, writePost } from '../support/api/raw-connection.js';
import { createAccounts, loginBody, rawLogin } from '../support/api/raw-logins.js';
import { startServer, type TestServer } from '../support/api/start-server.js';
import { waitUntil } from '../support/wait-until.js';
import { occupy, recordOutcomes } from '../support/workers/stretch-outcomes.js';

const CLIENTS = 20;
// Enough to keep the thread busy until all clients have sent.
const IN_FRONT = 16;
const LOGIN = '/v1/raw_password/session/create';

t.test('a client that disconnects before its stretch causes none', async (t) => {
  const server = await startServer(t, {
    RATE_LIMITS: 'on',
    LIMIT_PASSWORDS_FOR_ACCOUNT_FROM_SOURCE: `${CLIENTS}/900`,
    STRETCH_THREADS: '1',
    STRETCH_MAX_WAIT: '3600',
  });
  const { queue } = server.services.stretcher;
  const [email = ''] = await createAccounts(server, 1);
  const login = writePost(LOGIN, loginBody(email));

  await t.test('while it waits', async (t) => {
    const outcomes = startBusyHour(server);
    const connections = await openConnections(server, CLIENTS);
    for (const connection of connections) connection.write(login);
    await waitUntil(() => queue.waiting >= CLIENTS);
    for (const connection of connections) connection.hangUp();
    await assertAllAbandoned(t, outcomes);
  });

  await t.test('before its account was looked up', async (t) => {
    const outcomes = startBusyHour(server);
    for (const connection of await openConnections(server, CLIENTS)) {
      connection.write(login);
      connection.hangUp();
    }
    await assertAllAbandoned(t, outcomes);
  });

  await t.test('with many logins on one connection', async (t) => {
    const outcomes = startBusyHour(server);
    // The maximum of requests in flight on a connection.
    const connections = await openConnections(server, CLIENTS / 5);
    for (const connection of connections) for (let i = 0; i < 5; i++) connection.write(login);
    await waitUntil(() => queue.waiting >= CLIENTS);
    for (const connection of connections) connection.hangUp();
    await assertAllAbandoned(t, outcomes);
  });

  await t.test('by closing half of the connection', async (t) => {
    const outcomes = startBusyHour(server);
    for (const connection of await openConnections(server, CLIENTS)) {
      connection.write(login);
      connection.endWriting();
    }
    await assertAllAbandoned(t, outcomes);
  });

  await t.test('and is logged', async (t) => {
    const lines = server.logLines.map((line) => JSON.parse(line));
    const gone = lines.filter(({ event, status }) => event === 'request' && status === 499);
    t.equal(gone.length, 4 * CLIENTS);
  });

  await t.test('and does not count as a try', async (t) => {
    t.equal((await rawLogin(server, email, '127.0.0.1')).status, 200);
  });
});

/** Queues stretches before the requests. @returns the outcomes of all requests */
function startBusyHour(server: TestServer): string[] {
  occupy(server, IN_FRONT);
  return recordOutcomes(server);
}

function openConnections({ url }: TestServer, count: number): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, () => RawConnection.open(url)));
}

async function assertAllAbandoned(t: Test, outcomes: string[]): Promise<void> {
  await waitUntil(() => outcomes.length === CLIENTS);
  t.same([...new Set(outcomes)], ['TASK_ABANDONED']);
}
