import t, { type Test } from 'tap';
import { createAccount, login } from '../../support/api/accounts.js';
import type { RawReply } from '../../support/api/http-replies.js';
import { RawConnection, writeGet } from '../../support/api/raw-connection.js';
import { send, sign } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

const PATH = '/v1/recovery_email/status';

t.test('event streams use at most half of the connections', async (t) => {
  const server = await startServer(t, { MAX_CONNECTIONS: '20', MAX_STREAMS_PER_ACCOUNT: '20' });
  const token = await openSession(server);
  const statuses: (number | undefined)[] = [];
  for (let i = 0; i < 20; i++) statuses.push((await openStream(t, server, token)).reply?.status);
  t.equal(statuses.filter((status) => status === 200).length, 10);
  t.equal(statuses.filter((status) => status === 429).length, 10);
  t.equal((await send(server, '/__heartbeat__', { method: 'GET' })).status, 200);
});

t.test('event streams are limited per account and in total', async (t) => {
  const server = await startServer(t, { MAX_STREAMS_PER_ACCOUNT: '2', MAX_STREAMS: '3' });
  const [first, second] = [await openSession(server), await openSession(server)];
  const { connection, reply } = await openStream(t, server, first);
  t.equal(reply?.status, 200);
  t.equal((await openStream(t, server, first)).reply?.status, 200);
  const refused = (await openStream(t, server, first)).reply;
  t.match(refused, { status: 429, headers: { 'retry-after': /^\d+$/ }, body: /"errno":114/ });
  t.equal((await openStream(t, server, second)).reply?.status, 200);
  t.equal((await openStream(t, server, second)).reply?.status, 429, 'the server has three streams');
  connection.hangUp();
  await waitUntil(() => server.services.statusStreams.open === 2);
  t.equal((await openStream(t, server, second)).reply?.status, 200, 'a closed stream frees its place');
});

t.test('an event stream ends with its connection', async (t) => {
  const server = await startServer(t);
  const { connection } = await openStream(t, server, await openSession(server));
  const { statusStreams } = server.services;
  t.equal(statusStreams.open, 1);
  connection.hangUp();
  await waitUntil(() => statusStreams.open === 0);
});

t.test('at the maximum, the source with the most streams makes room for others, oldest first', async (t) => {
  const settings = { TRUST_PROXY: 'loopback', MAX_STREAMS_PER_ACCOUNT: '10', MAX_STREAMS: '4' };
  const server = await startServer(t, settings);
  const token = await openSession(server);
  const open = (source: string) => openStream(t, server, token, { 'X-Forwarded-For': source });
  const hasEnded = (stream?: { connection: RawConnection }) =>
    stream?.connection.received.endsWith('0\r\n\r\n') === true;
  const greedy: Awaited<ReturnType<typeof open>>[] = [];
  for (let i = 0; i < 4; i++) greedy.push(await open('192.0.2.1'));
  for (let i = 0; i < 2; i++) {
    t.equal((await open('192.0.2.2')).reply?.status, 200);
    await waitUntil(() => hasEnded(greedy[i]));
  }
  for (const source of ['192.0.2.1', '192.0.2.2']) t.equal((await open(source)).reply?.status, 429, source);
  t.equal(server.services.statusStreams.open, 4);
  t.same(greedy.map(hasEnded), [true, true, false, false]);
  t.equal((await open('192.0.2.3')).reply?.status, 200);
  t.equal((await open('192.0.2.3')).reply?.status, 429, 'another source has one more stream, not two');
});

/** Streams of an unverified account stay open. */
async function openSession(server: TestServer): Promise<string> {
  return (await login(server, await createAccount(server, { verified: false }))).sessionToken;
}

async function openStream(
  t: Test,
  server: TestServer,
  token: string,
  headers: Record<string, string> = {},
): Promise<{ connection: RawConnection; reply: RawReply | undefined }> {
  const connection = await RawConnection.open(server.url);
  t.teardown(() => connection.hangUp());
  connection.write(writeStreamRequest(server, token, headers));
  return { connection, reply: await connection.readReply() };
}

function writeStreamRequest(server: TestServer, token: string, headers: Record<string, string>): string {
  const Authorization = sign(server, PATH, { method: 'GET' }, { type: 'sessionToken', token });
  return writeGet(PATH, { Accept: 'text/event-stream', Authorization, ...headers });
}
