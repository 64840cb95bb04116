import t, { type Test } from 'tap';
import {
  accept,
  authenticate,
  createAccount,
  login,
  type TestAccount,
  toHex,
  verifyAccount,
} from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { type EventStream, openEventStream } from '../../support/api/event-stream.js';
import { RawConnection, writeGet } from '../../support/api/raw-connection.js';
import { send, sign } from '../../support/api/send.js';
import { makeDataDir, startServer, type TestServer } from '../../support/api/start-server.js';
import { startRedis } from '../../support/services/redis.js';
import { waitUntil } from '../../support/wait-until.js';

const PATH = '/v1/recovery_email/status';
const server = await startServer(t, { MAX_STREAMS_PER_ACCOUNT: '2', MAX_STREAMS: '4' });
/** Opened early, so that later tests do not wait for its first comment. */
const quiet = await openEventStream(
  server,
  (await login(server, await createAccount(server, { verified: false }))).sessionToken,
);

async function openStream(t: Test, server: TestServer, sessionToken: string): Promise<EventStream> {
  const stream = await openEventStream(server, sessionToken);
  t.teardown(() => stream.close());
  return stream;
}

t.test('a stream sends the status at once and after verification, then ends', async (t) => {
  const account = await createAccount(server, { verified: false });
  const { sessionToken } = await login(server, account);
  const stream = await openStream(t, server, sessionToken);
  t.equal(stream.status, 200);
  t.match(stream.headers, {
    'content-type': /^text\/event-stream/,
    'cache-control': /no-/,
    timestamp: /^\d{10}$/,
  });
  const email = toHex(account.email);
  t.same(await stream.next(), { email, verified: false });
  await verifyAccount(server, account.uid);
  t.same(await stream.next(), { email, verified: true });
  t.equal(await stream.next(), undefined, 'the end');
});

t.test('the stream of a verified account has one event', async (t) => {
  const { sessionToken } = await login(server, await createAccount(server));
  const stream = await openStream(t, server, sessionToken);
  t.match(await stream.next(), { verified: true });
  t.equal(await stream.next(), undefined);
});

const ENDINGS: Record<string, (account: TestAccount, sessionToken: string) => Promise<unknown>> = {
  'its session is destroyed': (_, token) =>
    send(server, '/v1/session/destroy', { signer: { type: 'sessionToken', token } }),
  'the account is destroyed': async (account) => {
    const token = await authenticate(server, account);
    return send(server, '/v1/account/destroy', { signer: { type: 'authToken', token } });
  },
  'the password is changed': ({ email }) => {
    const body = { email: toHex(email), oldPassword: 'password', newPassword: 'new' };
    return send(server, '/v1/raw_password/password/change', { body });
  },
};

for (const [what, happen] of Object.entries(ENDINGS)) {
  t.test(`a stream ends when ${what}`, async (t) => {
    const account = await createAccount(server, { verified: false, password: 'password' });
    const { sessionToken } = await login(server, account);
    const stream = await openStream(t, server, sessionToken);
    t.match(await stream.next(), { verified: false });
    accept((await happen(account, sessionToken)) as Parameters<typeof accept>[0]);
    t.equal(await stream.next(), undefined);
  });
}

t.test('streams are limited for an account and for the server', async (t) => {
  const account = await createAccount(server, { verified: false });
  const { sessionToken } = await login(server, account);
  const streams = [await openStream(t, server, sessionToken), await openStream(t, server, sessionToken)];
  const ask = (token: string) =>
    send(server, PATH, {
      method: 'GET',
      signer: { type: 'sessionToken', token },
      headers: { Accept: 'text/event-stream' },
    });
  const refused = await ask(sessionToken);
  checkRefusal(t, refused, 429, 114, { retryAfter: 10 });
  t.equal(refused.headers['retry-after'], '10');
  const plain = { method: 'GET', signer: { type: 'sessionToken', token: sessionToken } } as const;
  t.equal((await send(server, PATH, plain)).status, 200, 'a plain request is not limited');

  const other = await login(server, await createAccount(server, { verified: false }));
  const third = await openStream(t, server, other.sessionToken);
  checkRefusal(t, await ask(other.sessionToken), 429, 114, { retryAfter: 10 });
  for (const stream of [...streams, third]) stream.close();
  await waitUntil(() => server.services.statusStreams.open === 1);
  t.match(await (await openStream(t, server, sessionToken)).next(), { verified: false });
});

t.test('a client that disconnects while its stream is opened leaves no open stream', async (t) => {
  const { sessionToken: token } = await login(server, await createAccount(server, { verified: false }));
  const { tokens } = server.services.storage;
  const { listen } = tokens;
  const served = () => server.logLines.filter((line) => line.includes(PATH)).length;
  const [before, openBefore] = [served(), server.services.statusStreams.open];
  const Authorization = sign(server, PATH, { method: 'GET' }, { type: 'sessionToken', token });
  const connection = await RawConnection.open(server.url);
  tokens.listen = async (...changes) => {
    connection.hangUp();
    await waitUntil(() => served() > before);
    return listen.apply(tokens, changes);
  };
  connection.write(writeGet(PATH, { Accept: 'text/event-stream', Authorization }));
  await waitUntil(() => served() > before);
  tokens.listen = listen;
  await waitUntil(() => server.services.statusStreams.open === openBefore);
  t.pass('also when it has left before the stream is the body of its reply');
});

t.test('the Accept header decides between a stream and a reply', async (t) => {
  const { sessionToken } = await login(server, await createAccount(server));
  for (const [accept, type] of [
    ['text/event-stream', 'text/event-stream'],
    ['text/event-stream, */*;q=0.1', 'text/event-stream'],
    ['application/json', 'application/json'],
    ['application/json;charset=utf-8', 'application/json'],
    ['Text/Event-Stream', 'text/event-stream'],
    ['text/event-stream, */*', 'text/event-stream'],
    ['text/*', 'application/json'],
    ['text/*, application/json;q=0.5', 'application/json'],
    ['text/event-stream;q=0.5, */*', 'application/json'],
    ['*/*', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'application/json'],
    ['image/png', 'application/json'],
    ['application/json, text/event-stream', 'application/json'],
    ['text/event-stream;q=0', 'application/json'],
    [';;,,=', 'application/json'],
  ] as const) {
    const stream = await openEventStream(server, sessionToken, accept);
    t.match(stream.headers['content-type'], type, accept);
    stream.close();
  }
});

t.test('comment lines are sent in between', async (t) => {
  t.match(await quiet.next(), { verified: false });
  t.match(await quiet.next(), /^:/);
  quiet.close();
});

t.test('a stream reports a verification on another server, over Redis', async (t) => {
  const env = { REDIS_URL: (await startRedis(t)).url, DATA_DIR: await makeDataDir(t) };
  const [here, there] = [await startServer(t, env), await startServer(t, env)];
  const account = await createAccount(here, { verified: false });
  const { sessionToken } = await login(here, account);
  const stream = await openStream(t, here, sessionToken);
  t.match(await stream.next(), { verified: false });
  const code = await here.mailbox.readCode('x-verify-code', account.uid);
  accept(await send(there, '/v1/recovery_email/verify_code', { body: { uid: account.uid, code } }));
  t.match(await stream.next(), { verified: true });
  t.equal(await stream.next(), undefined);
});

t.test('streams end when the server stops', async (t) => {
  const server = await startServer(t);
  const { sessionToken } = await login(server, await createAccount(server, { verified: false }));
  const stream = await openStream(t, server, sessionToken);
  await stream.next();
  await server.close();
  t.equal(await stream.next(), undefined);
});
