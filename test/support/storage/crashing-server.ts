// A server to be killed: creates accounts and prints each when it is acknowledged.
// Arguments: database file, storage key in hex.
import { openStorage } from '../../../storage/storage.js';
import { newAccount, newMail } from './records.js';

const [, , filename, key] = process.argv as [string, string, string, string];
const { accounts } = await openStorage({
  database: { engine: 'sqlite', filename },
  storageKeys: [Buffer.from(key, 'hex')],
  now: Date.now,
});
for (;;) {
  const account = newAccount();
  await accounts.create(account, newMail(account));
  process.stdout.write(`${account.uid}\n`);
}
