import { randomUUID } from 'node:crypto';
import t from 'tap';
import { StoreUnavailableError } from '../../../storage/errors.js';
import { openBrowser, openTab } from '../../support/pages/browser.js';
import { addAccount, startServer } from '../../support/pages/key-server.js';

const FOCUSED_TEXT = 'document.activeElement.textContent';
const CONFIRM = { name: 'Confirm email address' };

t.test('a click verifies the address and announces it to screen readers', async (t) => {
  const server = await startServer(t);
  const { uid, link, isVerified } = await addAccount(server);
  const { page, complaints, requestedUrls } = await openTab(await openBrowser(t));
  await page.goto(link);
  t.equal(await page.title(), 'Confirm your email address');
  t.equal(await page.getByRole('definition').textContent(), uid);
  t.equal(await isVerified(), false);

  await page.keyboard.press('Tab');
  t.equal(await page.evaluate(FOCUSED_TEXT), 'Confirm email address');
  await page.keyboard.press('Enter');
  const heading = page.getByRole('heading', { name: 'Email address confirmed' });
  await heading.waitFor();
  t.equal(await page.evaluate(FOCUSED_TEXT), 'Email address confirmed', 'the heading has the focus');
  t.equal(await page.title(), 'Email address confirmed');
  t.equal(await page.getByRole('button').count(), 0);
  t.equal(await isVerified(), true);
  t.same(complaints, []);
  t.ok(requestedUrls.every((url) => url.startsWith(`${server.url}/`)));

  await page.reload();
  await page.getByRole('button', CONFIRM).click();
  await heading.waitFor();
});

t.test('opening the link verifies nothing', async (t) => {
  const server = await startServer(t);
  const { link, isVerified } = await addAccount(server);
  const { page, requestedUrls } = await openTab(await openBrowser(t));
  await page.goto(link, { waitUntil: 'networkidle' });
  t.equal(await isVerified(), false);
  t.notMatch(requestedUrls.join(), '/v1/');
});

t.test('a wrong code or a destroyed account shows the next step', async (t) => {
  const server = await startServer(t);
  const { uid, link, isVerified } = await addAccount(server);
  const { page, complaints } = await openTab(await openBrowser(t));
  for (const [wrong, advice] of [
    [link.replace(/code=.*/, `code=${'0'.repeat(64)}`), /does not match the account.*newest email/],
    [link.replace(uid, randomUUID()), /does not exist.*create it again/],
  ] as const) {
    await page.goto(wrong);
    await page.getByRole('button', CONFIRM).click();
    await page.getByRole('alert').filter({ hasText: advice }).waitFor();
    t.equal(await page.getByRole('status').count(), 0, 'the button is enabled again');
  }
  t.equal(await isVerified(), false);
  // Another link in the same tab: by default the browser only changes the fragment.
  await page.goto(link);
  await page.getByText(uid).waitFor();
  await page.getByRole('button', CONFIRM).click();
  await page.getByRole('heading', { name: 'Email address confirmed' }).waitFor();
  t.same(complaints, []);
});

t.test('a truncated link is reported, without a button', async (t) => {
  const server = await startServer(t);
  const { link } = await addAccount(server);
  const { page } = await openTab(await openBrowser(t));
  for (const cut of [link.slice(0, -1), link.replace('uid=', ''), link.replace(/#.*/, ''), `${link}%20x`]) {
    await page.goto('about:blank');
    await page.goto(cut);
    await page.getByRole('heading', { name: 'This link is incomplete' }).waitFor();
    t.equal(await page.getByRole('button').count(), 0);
  }
});

t.test('after too many wrong codes the page shows the wait and waits', async (t) => {
  const server = await startServer(t, { LIMIT_CODES_FOR_ACCOUNT_FROM_SOURCE: '1/40' });
  const { link } = await addAccount(server);
  const { page } = await openTab(await openBrowser(t));
  await page.clock.install();
  await page.goto(link.replace(/code=.*/, `code=${'0'.repeat(64)}`));
  const button = page.getByRole('button', CONFIRM);
  await button.click();
  await page.getByRole('alert').filter({ hasText: 'newest email' }).waitFor();
  await page.clock.runFor(1);
  await button.click();
  await page
    .getByRole('alert')
    .filter({ hasText: /Too many attempts\. You can try again in (40|39) seconds/ })
    .waitFor();
  t.equal(await button.getAttribute('aria-disabled'), 'true');
  await page.clock.runFor(41_000);
  t.equal(await button.getAttribute('aria-disabled'), 'false');
});

t.test('during an outage the page shows the wait, and the same click works afterwards', async (t) => {
  const server = await startServer(t);
  const { link } = await addAccount(server);
  const { accounts } = server.services.storage;
  const findByUid = accounts.findByUid.bind(accounts);
  accounts.findByUid = async () => {
    throw new StoreUnavailableError('database', new Error('away'));
  };
  const { page } = await openTab(await openBrowser(t), { locale: 'ja' });
  await page.clock.install();
  await page.goto(link);
  const button = page.getByRole('button');
  await button.click();
  await page.getByRole('alert').filter({ hasText: '現在応答できません。2 秒後に' }).waitFor();
  accounts.findByUid = findByUid;
  await button.click({ force: true });
  t.equal(await page.getByRole('alert').count(), 1, 'an early click does nothing');
  await page.clock.runFor(2_000);
  await button.click();
  await page.getByRole('heading', { name: 'メールアドレスが確認されました' }).waitFor();
});

t.test('without a connection the page says so, and the same click works later', async (t) => {
  const server = await startServer(t);
  const { link } = await addAccount(server);
  const { page } = await openTab(await openBrowser(t));
  await page.goto(link);
  await page.context().setOffline(true);
  await page.getByRole('button', CONFIRM).click();
  await page.getByRole('alert').filter({ hasText: 'Check your connection' }).waitFor();
  await page.context().setOffline(false);
  await page.getByRole('button', CONFIRM).click();
  await page.getByRole('heading', { name: 'Email address confirmed' }).waitFor();
});

t.test('errors of a proxy are understood', async (t) => {
  const server = await startServer(t);
  const { link } = await addAccount(server);
  const { page } = await openTab(await openBrowser(t));
  const answers: [number, Record<string, string>, RegExp][] = [
    [502, {}, /Something went wrong/],
    [503, {}, /try again in 30 seconds/],
    [503, { 'Retry-After': '600' }, /try again in 10 minutes/],
    [429, { 'Retry-After': '86400' }, /try again in 24 hours/],
  ];
  for (const [status, headers, text] of answers) {
    await page.route('**/v1/**', (route) => route.fulfill({ status, headers, body: '<h1>proxy</h1>' }));
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByRole('button', CONFIRM).click();
    await page.getByRole('alert').filter({ hasText: text }).waitFor();
    t.pass(`${status}`);
  }
});

t.test('without JavaScript the page says that it is required', async (t) => {
  const server = await startServer(t);
  const { link } = await addAccount(server);
  const { page } = await openTab(await openBrowser(t), { javaScriptEnabled: false });
  await page.goto(link);
  t.match(await page.getByRole('paragraph').first().textContent(), 'This page needs JavaScript.');
});
