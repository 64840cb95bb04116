import { connect } from 'node:net';
import t from 'tap';
import { makeEmail, prepareAccounts, toHex } from '../support/api/accounts.js';
import { type Reply, send } from '../support/api/send.js';
import { ServerProcess } from '../support/api/server-process.js';
import { makeDataDir } from '../support/api/start-server.js';

t.test('SIGTERM under load: what was asked is answered, and the process ends with 0', async (t) => {
  const DATA_DIR = await makeDataDir(t);
  const server = await new ServerProcess(t, { DATA_DIR, STRETCH_MAX_WAIT: '60' }).listening();
  const asked: Promise<Reply>[] = [];
  const isStretched = Array.from({ length: 6 }, () => {
    const body = { email: toHex(makeEmail()), password: 'password' };
    return send(server, '/v1/raw_password/account/create', { body });
  });
  asked.push(
    ...isStretched,
    ...prepareAccounts(20).map(({ body }) => send(server, '/v1/account/create', { body })),
  );
  // The last of them is in when a reply to one sent after it is: requests are admitted in order of arrival.
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

t.test('connections that ask for nothing do not keep the process', async (t) => {
  const server = await new ServerProcess(t, { DATA_DIR: await makeDataDir(t) }).listening();
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
