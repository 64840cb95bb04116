import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import t from 'tap';
import { createAccount, toHex } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

t.test('an unexpected error is errno 999, and only the log has its cause', async (t) => {
  const server = await startServer(t);
  const account = await createAccount(server);
  const sound = await createAccount(server);
  await execute(server.dataDir, `UPDATE accounts SET verifier = x'00' WHERE uid = '${account.uid}'`);

  const reply = await send(server, '/v1/auth/start', { body: { email: toHex(account.email) } });
  checkRefusal(t, reply, 500, 999);
  t.notMatch(reply.text, /key|verifier|accounts/);
  const [logged, ...more] = server.logLines
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level === 'error');
  t.match(logged, {
    event: 'failed',
    id: /^[0-9a-f-]{36}$/,
    err: { message: /accounts\.verifier/, stack: /sealer/ },
  });
  t.same(more, []);
  const others = await send(server, '/v1/auth/start', { body: { email: toHex(sound.email) } });
  t.equal(others.status, 200, 'other accounts are served');
});

function execute(dataDir: string, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(join(dataDir, 'key-server.sqlite'));
    database.exec(sql, (error) => {
      database.close();
      if (error) reject(error);
      else resolve();
    });
  });
}
