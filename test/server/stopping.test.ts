import { Agent, request } from 'node:http';
import t from 'tap';
import { RawConnection, writeGet, writePost } from '../support/overload/raw-connection.js';
import { createAccounts, loginBody, rawLogin } from '../support/overload/raw-logins.js';
import { startServerProcess } from '../support/overload/server-process.js';

const LOGIN = '/v1/raw_password/session/create';

t.test('SIGTERM under load drops nothing that was admitted', async (t) => {
  const server = await startServerProcess(t, {
    TRUST_PROXY: 'loopback',
    STRETCH_THREADS: '1',
    STRETCH_MAX_WAIT: '8',
  });
  const emails = await createAccounts(server, 3);
  const emailOf = (i: number) => emails[i % emails.length] as string;

  // Clients of every sort: one request each, many in one connection, none, half of one.
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
  await Promise.any(replies.map(async (reply) => ((await reply) === 200 ? true : Promise.reject())));
  const served = statuses.filter((status) => status === 200).length;
  t.ok(statuses.length < replies.length, 'some wait');

  server.process.kill('SIGTERM');
  await Promise.all(replies);
  t.same([...new Set(statuses)].sort(), [200, 503], 'each is answered');
  t.ok(statuses.filter((status) => status === 200).length > served, 'some after the signal');
  for (let i = 0; i < 4; i++) t.equal((await inOne.readReply())?.status, 200);
  t.equal(await server.ended, 0);
  t.equal(server.log.at(-1)?.event, 'stopped');
  await Promise.all([inOne, idle, slow].map((connection) => connection.closed()));
});

t.test('after SIGTERM no connection is kept for another request', async (t) => {
  const server = await startServerProcess(t, { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '3600' });
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
  // Answered after what was sent before it was read.
  const probe = await RawConnection.open(server.url);
  probe.write(writeGet('/__lbheartbeat__'));
  await probe.readReply();
  server.process.kill('SIGTERM');
  t.equal(await reply, 'close');
  t.equal(await server.ended, 0);
});
