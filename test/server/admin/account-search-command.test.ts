import t from 'tap';
import { runAdmin } from '../../support/admin/run-admin.js';
import { createAccount } from '../../support/api/accounts.js';
import { startServer } from '../../support/api/start-server.js';

t.test('accounts are listed and searched page by page, as JSON and as a table', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const accounts = [];
  for (const verified of [true, false, false]) accounts.push(await createAccount(server, { verified }));
  const emails = accounts.map(({ email }) => email).sort();
  const listed = async (...args: string[]) => {
    const { json } = await runAdmin(env, 'account', ...args, '--json');
    return { emails: (json.accounts as { email: string }[]).map(({ email }) => email), next: json.next };
  };
  t.same(await listed('list'), { emails, next: null });
  t.same(await listed('list', '--limit', '2'), { emails: emails.slice(0, 2), next: emails[1] });
  t.same(await listed('list', '--after', String(emails[1])), { emails: emails.slice(2), next: null });

  const [verified] = accounts;
  const unverified = emails.filter((email) => email !== verified?.email);
  t.same((await listed('search', '--unverified')).emails, unverified);
  t.same((await listed('search', '--prefix', String(verified?.email))).emails, [verified?.email]);
  t.same((await listed('search', '--domain', 'example.com')).emails, []);
  t.same((await listed('search', '--locked')).emails, []);
  t.same((await listed('search', '--idle-since', '2000-01-01')).emails, emails, 'no account has a session');

  const { stdout } = await runAdmin(env, 'account', 'list', '--limit', '1');
  t.match(stdout, /^uid +created +verified +locked +last access +address\n/);
  t.match(stdout, new RegExp(`${emails[0]}\n\nMore: --after ${emails[0]}\n$`));
});

t.test('invalid search conditions are refused', async (t) => {
  const server = await startServer(t);
  const env = { DATA_DIR: server.dataDir };
  const refused: [string[], RegExp][] = [
    [['--limit', '0'], /--limit must be an integer from 1 to 1000/],
    [['--idle-since', 'yesterday'], /yesterday is not a date/],
  ];
  for (const [args, message] of refused)
    t.match(await runAdmin(env, 'account', 'search', ...args), { code: 1, stderr: message });
});
