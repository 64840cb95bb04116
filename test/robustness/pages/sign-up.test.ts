import t from 'tap';
import { KeyServerClient } from '../../../client/key-server-client.js';
import { RawPasswordClient } from '../../../client/raw-password-client.js';
import { startMailServer } from '../../support/mail/mail-server.js';
import { openBrowser, openTab } from '../../support/pages/browser.js';
import { startServer } from '../../support/pages/key-server.js';

t.test('a device signs up: link in the mail, click in the browser, end of the event stream', async (t) => {
  const mailServer = await startMailServer(t);
  const server = await startServer(t, { SMTP_URL: mailServer.url });
  const client = new KeyServerClient({ url: server.url, acceptLanguage: 'de-AT, en;q=0.5' });
  const device = new RawPasswordClient(client);
  const { uid } = await device.createAccount('jemand@example.com', 'ein Passwort');
  const { sessionToken, verified } = await device.login('jemand@example.com', 'ein Passwort');
  t.equal(verified, false);
  await server.services.mailer.waitUntilIdle();

  const mail = mailServer.received[0]?.parsed;
  t.equal(mail?.headers.get('content-language'), 'de');
  t.equal(mail?.headers.get('x-uid'), uid);
  const link = /href="([^"]+)"/.exec(mail?.html as string)?.[1]?.replaceAll('&amp;', '&') ?? '';
  t.equal(link, mail?.headers.get('x-link'));

  const statuses = client.recoveryEmail.statusEvents(sessionToken);
  t.match((await statuses.next()).value, { verified: false });

  const { page, complaints } = await openTab(await openBrowser(t), { locale: 'de' });
  await page.goto(link);
  await page.getByText(uid).waitFor();
  t.match(
    await client.recoveryEmail.status(sessionToken),
    { verified: false },
    'opening the link verifies nothing',
  );
  await page.getByRole('button', { name: /^E.Mail-Adresse bestätigen$/ }).click();
  await page.getByRole('heading', { name: /^E.Mail-Adresse bestätigt$/ }).waitFor();

  t.match((await statuses.next()).value, { verified: true });
  t.equal((await statuses.next()).done, true);
  t.same(complaints, []);
});

t.test('a forgotten password: the code is shown, copied and accepted', async (t) => {
  const mailServer = await startMailServer(t);
  const server = await startServer(t, { SMTP_URL: mailServer.url });
  const client = new KeyServerClient({ url: server.url });
  const device = new RawPasswordClient(client);
  await device.createAccount('me@example.com', 'forgotten');
  const email = Buffer.from('me@example.com').toString('hex');
  const { forgotPasswordToken } = await client.password.forgotSendCode(email);
  await server.services.mailer.waitUntilIdle();
  const links = mailServer.received.map(({ parsed }) => parsed.headers.get('x-link') as string);

  const { page } = await openTab(await openBrowser(t), {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.goto(links.find((link) => link.includes('/reset_password#')) ?? '');
  await page.getByRole('button', { name: 'Copy code' }).click();
  await page.getByText('Copied.').waitFor();
  const code = (await page.evaluate('navigator.clipboard.readText()')) as string;
  const { accountResetToken } = await client.password.forgotVerifyCode(forgotPasswordToken, code);
  await device.resetPassword(accountResetToken, 'remembered');
  t.ok(await device.login('me@example.com', 'remembered'));
});
