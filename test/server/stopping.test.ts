import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import t from 'tap';
import { makeEmail, prepareAccounts, toHex } from '../support/api/accounts.js';
import { RawConnection, writeGet, writePost } from '../support/api/raw-connection.js';
import { createAccounts, loginBody, rawLogin } from '../support/api/raw-logins.js';
import { type Reply, send } from '../support/api/send.js';
import { ServerProcess } from '../support/api/server-process.js';
import { makeDataDir, startServer } from '../support/api/start-server.js';
import type { Teardown } from '../support/services/service-process.js';

const LOGIN = '/v1/raw_password/session/create';

async function startProcess(t: Teardown, env: Record<string, string> = {}): Promise<ServerProcess> {
  return new ServerProcess(t, { DATA_DIR: await makeDataDir(t), ...env }).listening();
}

t.test('SIGTERM under load drops no admitted request', async (t) => {
  const server = await startProcess(t, { TRUST_PROXY: 'loopback', STRETCH_MAX_WAIT: '2' });
  const emails = await createAccounts(server, 3);
  const emailOf = (i: number) => emails[i % emails.length] as string;

  // Clients with one request, many on one connection, none, and half of one.
  const inOne = await RawConnection.open(server.url);
  const idle = await RawConnection.open(server.url);
  const slow = await RawConnection.open(server.url);
  slow.write(`POST ${LOGIN} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{`);
  for (let i = 0; i < 4; i++) inOne.write(writePost(LOGIN, loginBody(emailOf(i))));
  const statuses: number[] = [];
  const replies = Array.from({ length: 200 }, async (_, i) => {
    const { status } = await rawLogin(server, emailOf(i), `192.0.2.${i}`);
    statuses.push(status);
    return status;
  });
  // Connections are accepted in order: all of the above are when the first reply comes, and read before the second.
  for (let i = 0; i < 2; i++) await send(server, '/__lbheartbeat__', { method: 'GET' });
  await Promise.any(replies.map(async (reply) => ((await reply) === 200 ? true : Promise.reject())));
  const served = statuses.filter((status) => status === 200).length;
  t.ok(statuses.length < replies.length, 'some wait');

  server.kill('SIGTERM');
  await Promise.all(replies);
  t.same([...new Set(statuses)].sort(), [200, 503], 'each gets a reply');
  t.ok(statuses.filter((status) => status === 200).length > served, 'some replies come after the signal');
  for (let i = 0; i < 4; i++) t.ok([200, 503].includes((await inOne.readReply())?.status ?? 0));
  const { code, stdout } = await server.exit();
  t.equal(code, 0);
  t.match(stdout.trimEnd().split('\n').at(-1), /"event":"stopped"/);
  await Promise.all([inOne, idle, slow].map((connection) => connection.closed()));
});

t.test('after SIGTERM every connection closes after its reply', async (t) => {
  const server = await startProcess(t, { STRETCH_MAX_WAIT: '3600' });
  const [email = ''] = await createAccounts(server, 1);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const reply = new Promise<string | undefined>((resolve, reject) => {
    const body = JSON.stringify(loginBody(email));
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    const login = request(server.url + LOGIN, { method: 'POST', agent, headers }, (response) => {
      resolve(response.headers.connection);
      response.resume();
    });
    login.once('error', reject);
    login.end(body);
  });
  // Its reply shows that the server has read the earlier requests.
  const probe = await RawConnection.open(server.url);
  probe.write(writeGet('/__lbheartbeat__'));
  await probe.readReply();
  server.kill('SIGTERM');
  t.equal(await reply, 'close');
  t.equal((await server.exit()).code, 0);
});

t.test('SIGTERM under load: received requests get replies, and the process exits with 0', async (t) => {
  const server = await startProcess(t, { STRETCH_MAX_WAIT: '60' });
  const asked: Promise<Reply>[] = [];
  const isStretched = Array.from({ length: 6 }, () => {
    const body = { email: toHex(makeEmail()), password: 'password' };
    return send(server, '/v1/raw_password/account/create', { body });
  });
  asked.push(
    ...isStretched,
    ...prepareAccounts(20).map(({ body }) => send(server, '/v1/account/create', { body })),
  );
  // Requests are admitted in order: a reply to a later request shows that all were admitted.
  await send(server, '/__lbheartbeat__', { method: 'GET' });
  await Promise.race(isStretched);
  server.kill('SIGTERM');
  const replies = await Promise.all(asked);
  t.same(
    replies.map(({ status }) => status),
    asked.map(() => 200),
  );
  const { code, stdout } = await server.exit();
  t.equal(code, 0);
  t.match(stdout, /"event":"stopped"/);
});

t.test('a connection without a request is answered in the grace period', async (t) => {
  const server = await startServer(t);
  const [fresh, used] = [await RawConnection.open(server.url), await RawConnection.open(server.url)];
  used.write(writeGet('/__lbheartbeat__'));
  await used.readReply();
  const closed = server.close();
  await used.closed();
  fresh.write(writeGet('/__lbheartbeat__'));
  t.match(await fresh.readReply(), { status: 200 });
  await closed;
});

t.test('idle connections do not keep the process running', async (t) => {
  const server = await startProcess(t);
  const { port } = new URL(server.url);
  const open = (bytes: string) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
    return new Promise((resolve) => socket.write(bytes, resolve));
  };
  await open('');
  await open('POST /v1/auth/start HTTP/1.1\r\nHost: x\r\nContent-');
  await open(
    'POST /v1/auth/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  );
  await send(server, '/__lbheartbeat__', { method: 'GET' });
  server.kill('SIGINT');
  t.match(await server.exit(), { code: 0, stdout: /"event":"stopped"/ });
});
