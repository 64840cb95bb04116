import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import t from 'tap';
import { createMailTransport } from '../../../server/mail/create-transport.js';
import { renderMail } from '../../../server/mail/render-mail.js';
import type { OutgoingMail } from '../../../storage/outbox.js';
import { FROM, makeDirectory, PUBLIC_URL } from '../../support/mail/outbox-fixture.js';

const MAIL: OutgoingMail = {
  id: '0e9f5a9c-6f0a-4a5e-8f0e-1c2d3e4f5a6b',
  uid: '4c352927-cd4f-4a4a-a03d-7d1893d950b8',
  kind: 'verify',
  email: 'me@example.com',
  code: 'c0de'.repeat(16),
  locale: 'ja',
  createdAt: Date.UTC(2013, 10, 24, 12, 34, 56, 789),
};

const render = (mail: Partial<OutgoingMail> = {}) =>
  renderMail({ ...MAIL, ...mail }, { from: FROM, publicUrl: PUBLIC_URL });

t.test('a mail becomes one complete file in a new directory', async (t) => {
  const directory = join(await makeDirectory(t), 'var', 'mail');
  const transport = createMailTransport({ smtpUrl: '', directory });
  await transport.verify();
  await transport.send(render());
  const names = await readdir(directory);
  t.same(names, ['2013-11-24T12-34-56-789Z-verify-0e9f5a9c-6f0a-4a5e-8f0e-1c2d3e4f5a6b.eml']);
  const file = join(directory, names[0] as string);
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.equal((await stat(directory)).mode & 0o777, 0o700);
  const parsed = await simpleParser(await readFile(file));
  t.equal(parsed.headers.get('x-verify-code'), MAIL.code);
  t.equal(parsed.subject, 'メールアドレスの確認');
  t.match(parsed.text, MAIL.code);
  t.match(parsed.to, { text: 'me@example.com' });
});

t.test('a mail sent twice is one file; names contain nothing private and sort by time', async (t) => {
  const directory = await makeDirectory(t);
  const transport = createMailTransport({ smtpUrl: '', directory });
  const later = render({
    id: 'another',
    kind: 'recovery',
    code: '00123456',
    createdAt: MAIL.createdAt + 1,
  });
  for (const mail of [later, render(), render()]) await transport.send(mail);
  const names = (await readdir(directory)).sort();
  t.equal(names.length, 2);
  t.match(names[1], /recovery-another\.eml$/);
  for (const secret of [MAIL.code, MAIL.email, '00123456']) t.notOk(names.join().includes(secret));
});

t.test('a mail in a read-only directory fails and leaves no partial file', async (t) => {
  const parent = await makeDirectory(t);
  const blocked = join(parent, 'file');
  await writeFile(blocked, '');
  const transport = createMailTransport({ smtpUrl: '', directory: blocked });
  await t.rejects(transport.send(render()), { code: 'MAIL_DELIVERY', failure: 'unreachable' });
  await t.rejects(transport.verify(), { code: 'MAIL_DELIVERY', reason: 'EEXIST' });

  const taken = join(parent, 'taken');
  await mkdir(join(taken, `${render().name}.eml`), { recursive: true });
  const other = createMailTransport({ smtpUrl: '', directory: taken });
  await t.rejects(other.send(render()), { code: 'MAIL_DELIVERY', failure: 'unreachable' });
  t.same(await readdir(taken), [`${render().name}.eml`]);
  await chmod(taken, 0o700);
});
