import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { prepareAccounts, toHex } from './accounts.js';
import { send } from './send.js';
import { ServerProcess } from './server-process.js';
import { makeDataDir } from './start-server.js';

const KILLS = 3;
const CLIENTS = 8;
/** A server is killed before it has made so many accounts. */
const MOST_CREATIONS = 40;

t.test('whoever was told that an account is made finds it after a kill -9, however it came', async (t) => {
  const DATA_DIR = await makeDataDir(t);
  const acknowledged: string[] = [];
  const accounts = prepareAccounts(KILLS * (MOST_CREATIONS + CLIENTS));
  for (let round = 0; round < KILLS; round++) {
    const server = await new ServerProcess(t, { DATA_DIR }).listening();
    let isAlive = true;
    const createUntilKilled = async () => {
      while (isAlive) {
        const account = accounts.pop();
        if (!account) throw new Error('there were too few accounts');
        const reply = await send(server, '/v1/account/create', { body: account.body }).catch(() => undefined);
        if (reply?.status === 200) acknowledged.push(account.email);
      }
    };
    const before = acknowledged.length;
    const clients = Array.from({ length: CLIENTS }, createUntilKilled);
    const target = before + randomInt(3, MOST_CREATIONS);
    while (acknowledged.length < target) await sleep(randomInt(1, 4));
    server.kill('SIGKILL');
    isAlive = false;
    await Promise.all([server.exit(), ...clients]);
    t.comment(`${acknowledged.length - before} accounts in round ${round}`);
  }
  const server = await new ServerProcess(t, { DATA_DIR }).listening();
  const missing: string[] = [];
  for (const email of acknowledged) {
    const reply = await send(server, '/v1/auth/start', { body: { email: toHex(email) } });
    if (reply.status !== 200) missing.push(`${email}: ${reply.text}`);
  }
  t.same(missing, [], `${acknowledged.length} accounts were acknowledged`);
  server.kill('SIGTERM');
  t.match(await server.exit(), { code: 0 });
});
