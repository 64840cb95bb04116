import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { authenticate, createAccount } from '../../support/api/accounts.js';
import { RawConnection, writePost } from '../../support/api/raw-connection.js';
import { createAccounts, loginBody, rawLogin } from '../../support/api/raw-logins.js';
import { type Signer, sign } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

const MAX_SESSIONS = 3;
const LOGIN = '/v1/raw_password/session/create';

/** Returns the response, and a function that disconnects and waits until the server has noticed. */
async function sendAndLeave(t: Test, server: TestServer, request: Buffer | string) {
  const connection = await RawConnection.open(server.url);
  const started = new Promise<ServerResponse>((resolve) => {
    const note = (message: unknown) => resolve((message as { response: ServerResponse }).response);
    subscribe('http.server.request.start', note);
    t.teardown(() => unsubscribe('http.server.request.start', note));
  });
  connection.write(request);
  const response = await started;
  const closed = once(response, 'close');
  const leave = async () => {
    connection.hangUp();
    await closed;
  };
  return { response, leave };
}

async function countSessions(server: TestServer, email: string): Promise<number> {
  const { accounts, sessions } = server.services.storage;
  const account = await accounts.findByEmail(email);
  return (await sessions.list(account?.uid ?? '')).length;
}

t.test('logins that disconnect during their stretch open no session', async (t) => {
  const server = await startServer(t, { MAX_SESSIONS: String(MAX_SESSIONS) });
  const [email = ''] = await createAccounts(server, 1);
  const { stretcher, storage } = server.services;
  const stretch = stretcher.stretch.bind(stretcher);
  const { create } = storage.sessions;
  // Must not be called, so its result has no type.
  storage.sessions.create = async () => t.fail('a session was opened') as never;
  for (let i = 0; i <= MAX_SESSIONS; i++) {
    let leave = async () => {};
    const over = new Promise<void>((resolve) => {
      stretcher.stretch = async (...order) => {
        const reply = await stretch(...order);
        await leave();
        setImmediate(resolve);
        return reply;
      };
    });
    ({ leave } = await sendAndLeave(t, server, writePost(LOGIN, loginBody(email))));
    await over;
  }
  stretcher.stretch = stretch;
  storage.sessions.create = create;
  t.equal((await rawLogin(server, email, '127.0.0.1')).status, 200);
  t.equal(await countSessions(server, email), 1);
});

t.test('a session whose reply was not completely sent is destroyed', async (t) => {
  const server = await startServer(t, { MAX_SESSIONS: '1' });
  const { sessions } = server.services.storage;
  const create = sessions.create.bind(sessions);

  await t.test('over raw_password', async (t) => {
    const [email = ''] = await createAccounts(server, 1);
    let leave = async () => {};
    let opened = 0;
    sessions.create = async (...session) => {
      const outcome = await create(...session);
      opened = await countSessions(server, email);
      await leave();
      return outcome;
    };
    ({ leave } = await sendAndLeave(t, server, writePost(LOGIN, loginBody(email))));
    await waitUntil(async () => opened === 1 && (await countSessions(server, email)) === 0);
    sessions.create = create;
    t.equal((await rawLogin(server, email, '127.0.0.1')).status, 200);
  });

  await t.test('over SRP', async (t) => {
    const account = await createAccount(server);
    const signer: Signer = { type: 'authToken', token: await authenticate(server, account) };
    const path = '/v1/session/create';
    const Authorization = sign(server, path, { method: 'POST' }, signer);
    let leave = async () => {};
    let opened = 0;
    sessions.create = async (...session) => {
      const outcome = await create(...session);
      opened = await countSessions(server, account.email);
      await leave();
      return outcome;
    };
    ({ leave } = await sendAndLeave(t, server, writePost(path, {}, { Authorization })));
    await waitUntil(async () => opened === 1 && (await countSessions(server, account.email)) === 0);
    sessions.create = create;
    t.pass('destroyed');
  });

  await t.test('when the client disconnects before the reply is written', async (t) => {
    const [email = ''] = await createAccounts(server, 1);
    let opened = 0;
    sessions.create = async (...session) => {
      const outcome = await create(...session);
      opened = await countSessions(server, email);
      return outcome;
    };
    const { response, leave } = await sendAndLeave(t, server, writePost(LOGIN, loginBody(email)));
    const end = response.end.bind(response);
    t.intercept(response, 'end', {
      value: (text: string) => {
        void leave().then(() => end(text));
        return response;
      },
    });
    await waitUntil(async () => opened === 1 && (await countSessions(server, email)) === 0);
    t.pass('destroyed');
  });

  await t.test('a session stays when the client disconnects after the reply', async (t) => {
    const [email = ''] = await createAccounts(server, 1);
    sessions.create = create;
    const connection = await RawConnection.open(server.url);
    connection.write(writePost(LOGIN, loginBody(email)));
    t.equal((await connection.readReply())?.status, 200);
    connection.hangUp();
    t.equal((await rawLogin(server, email, '127.0.0.1')).body.errno, 115);
  });
});
