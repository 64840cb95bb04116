import t, { type Test } from 'tap';
import { RawConnection, writePost } from '../support/api/raw-connection.js';
import { createAccounts, loginBody, rawLogin } from '../support/api/raw-logins.js';
import { startServer, type TestServer } from '../support/api/start-server.js';
import { waitUntil } from '../support/wait-until.js';
import { occupy, recordOutcomes } from '../support/workers/stretch-outcomes.js';

const CLIENTS = 10;
// Keep the thread busy until the logins of all clients have started.
const STRETCHES_AHEAD = 16;
const LOGIN = '/v1/raw_password/session/create';

t.test('a client that disconnects before its stretch causes none', async (t) => {
  const server = await startServer(t, {
    RATE_LIMITS: 'on',
    LIMIT_PASSWORDS_FOR_ACCOUNT_FROM_SOURCE: `${CLIENTS}/900`,
    STRETCH_THREADS: '1',
    STRETCH_MAX_WAIT: '3600',
  });
  const { inFlight } = server.services;
  const [email = ''] = await createAccounts(server, 1);
  const login = writePost(LOGIN, loginBody(email));

  const areAdmitted = (count: number) => inFlight.countAhead('127.0.0.1') === count;
  const gone = () => server.logLines.filter((line) => JSON.parse(line).status === 499).length;

  await t.test('while it waits', async (t) => {
    const outcomes = queueStretches(server);
    const connections = await openConnections(server, CLIENTS);
    for (const connection of connections) connection.write(login);
    await waitUntil(() => outcomes.length === CLIENTS);
    t.ok(areAdmitted(CLIENTS));
    for (const connection of connections) connection.hangUp();
    await assertAllAbandoned(t, outcomes, CLIENTS);
  });

  await t.test('while its account is looked up', async (t) => {
    const outcomes = queueStretches(server);
    const connections = await openConnections(server, CLIENTS);
    const { accounts } = server.services.storage;
    const { findByEmail } = accounts;
    accounts.findByEmail = async (address) => {
      for (const connection of connections) connection.hangUp();
      await waitUntil(() => areAdmitted(0));
      return findByEmail.call(accounts, address);
    };
    for (const connection of connections) connection.write(login);
    await waitUntil(() => outcomes.length > 0 && areSettled(outcomes) && areAdmitted(0));
    accounts.findByEmail = findByEmail;
    t.same([...new Set(outcomes)], ['TASK_ABANDONED']);
  });

  await t.test('with more logins on the same connection', async (t) => {
    const outcomes = queueStretches(server);
    const connections = await openConnections(server, CLIENTS / 5);
    for (const connection of connections) connection.write(login.repeat(5));
    await waitUntil(() => outcomes.length === connections.length);
    t.ok(areAdmitted(connections.length));
    for (const connection of connections) connection.hangUp();
    await assertAllAbandoned(t, outcomes, connections.length);
  });

  await t.test('and is logged', async (t) => {
    t.ok(gone() > CLIENTS);
  });

  await t.test('a client that disconnects before its request starts leaves no trace', async (t) => {
    const outcomes = recordOutcomes(server);
    const goneBefore = gone();
    for (const end of ['hangUp', 'endWriting'] as const) {
      for (const connection of await openConnections(server, CLIENTS)) {
        connection.write(login);
        connection[end]();
      }
    }
    t.equal((await rawLogin(server, email, '127.0.0.1')).status, 200);
    t.same([outcomes, gone()], [['stretched'], goneBefore]);
  });

  await t.test('and does not count as a try', async (t) => {
    t.equal((await rawLogin(server, email, '127.0.0.1')).status, 200);
  });
});

function queueStretches(server: TestServer): string[] {
  occupy(server, STRETCHES_AHEAD);
  return recordOutcomes(server);
}

function openConnections({ url }: TestServer, count: number): Promise<RawConnection[]> {
  return Promise.all(Array.from({ length: count }, () => RawConnection.open(url)));
}

function areSettled(outcomes: string[]): boolean {
  return !outcomes.includes('waiting');
}

async function assertAllAbandoned(t: Test, outcomes: string[], count: number): Promise<void> {
  await waitUntil(() => outcomes.length === count && areSettled(outcomes));
  t.same([...new Set(outcomes)], ['TASK_ABANDONED']);
}
