import t, { type Test } from 'tap';
import { startServer, type TestServer } from '../api/start-server.js';
import { RawConnection, writePost } from './raw-connection.js';
import { createAccounts, loginBody, rawLogin } from './raw-logins.js';
import { occupy, recordOutcomes } from './stretch-outcomes.js';
import { until } from './until.js';

const CLIENTS = 20;
const IN_FRONT = 8;
const LOGIN = '/v1/raw_password/session/create';

async function startBusyServer(t: Test): Promise<{ server: TestServer; email: string; outcomes: string[] }> {
  const server = await startServer(t, { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '100' });
  const [email = ''] = await createAccounts(server, 1);
  occupy(server, IN_FRONT);
  return { server, email, outcomes: recordOutcomes(server) };
}

function openConnections({ url }: TestServer, count: number): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, () => RawConnection.open(url)));
}

async function assertAllAbandoned(t: Test, server: TestServer, outcomes: string[]): Promise<void> {
  await until(() => outcomes.length === CLIENTS);
  t.same(new Set(outcomes), new Set(['STRETCH_ABANDONED']));
  t.ok(server.services.stretcher.queue.waiting <= IN_FRONT, 'none of them waits');
}

t.test('clients that hang up while they wait cost no stretch', async (t) => {
  const { server, email, outcomes } = await startBusyServer(t);
  const connections = await openConnections(server, CLIENTS);
  for (const connection of connections) connection.write(writePost(LOGIN, loginBody(email)));
  await until(() => server.services.stretcher.queue.waiting >= CLIENTS);
  for (const connection of connections) connection.hangUp();
  await assertAllAbandoned(t, server, outcomes);
});

t.test('clients that hang up before their account was looked up cost no stretch', async (t) => {
  const { server, email, outcomes } = await startBusyServer(t);
  for (const connection of await openConnections(server, CLIENTS)) {
    connection.write(writePost(LOGIN, loginBody(email)));
    connection.hangUp();
  }
  await assertAllAbandoned(t, server, outcomes);
});

t.test('a client that hangs up on many logins in one connection costs no stretch', async (t) => {
  const { server, email, outcomes } = await startBusyServer(t);
  const [connection] = (await openConnections(server, 1)) as [RawConnection];
  for (let i = 0; i < CLIENTS; i++) connection.write(writePost(LOGIN, loginBody(email)));
  await until(() => server.services.stretcher.queue.waiting >= CLIENTS);
  connection.hangUp();
  await assertAllAbandoned(t, server, outcomes);
});

t.test('a client that closes its half of the connection has hung up', async (t) => {
  const { server, email, outcomes } = await startBusyServer(t);
  const connections = await openConnections(server, CLIENTS);
  for (const connection of connections) {
    connection.write(writePost(LOGIN, loginBody(email)));
    connection.endWriting();
  }
  await assertAllAbandoned(t, server, outcomes);
});

t.test('a try that its client does not wait for is not counted', async (t) => {
  const server = await startServer(t, {
    RATE_LIMITS: 'on',
    LIMIT_PASSWORDS_FOR_ACCOUNT_FROM_SOURCE: `${CLIENTS}/900`,
    STRETCH_THREADS: '1',
    STRETCH_MAX_WAIT: '100',
  });
  const [email = ''] = await createAccounts(server, 1);
  occupy(server, IN_FRONT);
  const outcomes = recordOutcomes(server);
  const connections = await openConnections(server, CLIENTS);
  for (const connection of connections) connection.write(writePost(LOGIN, loginBody(email)));
  await until(() => server.services.stretcher.queue.waiting >= CLIENTS);
  for (const connection of connections) connection.hangUp();
  await assertAllAbandoned(t, server, outcomes);
  t.equal((await rawLogin(server, email, '127.0.0.1')).status, 200);
});
