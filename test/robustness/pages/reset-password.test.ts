import t from 'tap';
import { openBrowser, openTab } from '../../support/pages/browser.js';
import { startServer } from '../../support/pages/key-server.js';

const COPY = { name: 'Copy code' };
const CLIPBOARD = { permissions: ['clipboard-read', 'clipboard-write'] };
const READ_CLIPBOARD = 'navigator.clipboard.readText()';

t.test('the code is shown in groups and copied without spaces', async (t) => {
  const { url } = await startServer(t);
  const { page, complaints, requestedUrls } = await openTab(await openBrowser(t), CLIPBOARD);
  await page.goto(`${url}/reset_password#code=00123456`);
  t.same(await page.locator('#code span').allTextContents(), ['0012', '3456']);
  await page.getByRole('button', COPY).click();
  await page.getByRole('status').filter({ hasText: 'Copied.' }).waitFor();
  t.equal(await page.evaluate(READ_CLIPBOARD), '00123456');
  t.match(await page.locator('main').ariaSnapshot(), '0 0 1 2 3 4 5 6', 'screen readers read single digits');
  t.notMatch(requestedUrls.join(), '/v1/', 'the page sends no request');
  t.same(complaints, []);
});

t.test('one click on the code selects all of it', async (t) => {
  const { url } = await startServer(t);
  const { page } = await openTab(await openBrowser(t), CLIPBOARD);
  await page.goto(`${url}/reset_password#code=0012345678901234`);
  await page.locator('#code').click();
  await page.keyboard.press('ControlOrMeta+c');
  t.equal(await page.evaluate(READ_CLIPBOARD), '0012345678901234');
});

t.test('without clipboard access the button selects the code', async (t) => {
  const { url } = await startServer(t);
  const { page } = await openTab(await openBrowser(t));
  await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
  await page.goto(`${url}/reset_password#code=00123456`);
  await page.getByRole('button', COPY).click();
  await page.getByRole('status').filter({ hasText: 'The code is selected.' }).waitFor();
  t.equal(await page.evaluate('getSelection().toString()'), '00123456');
});

t.test('a link without a code is reported', async (t) => {
  const { url } = await startServer(t);
  const { page } = await openTab(await openBrowser(t));
  for (const fragment of ['', '#code=', '#code=1234567', '#code=0123456x', '#code=<b>12345678</b>']) {
    await page.goto('about:blank');
    await page.goto(`${url}/reset_password${fragment}`);
    await page.getByRole('heading', { name: 'This link is incomplete' }).waitFor();
    t.equal(await page.getByRole('button').count(), 0, fragment);
  }
});
