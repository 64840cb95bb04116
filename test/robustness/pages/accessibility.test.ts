import t from 'tap';
import { LOCALES } from '../../../server/locales/locale.js';
import { findBarriers, openBrowser, openTab, type Tab } from '../../support/pages/browser.js';
import { addAccount, startServer } from '../../support/pages/key-server.js';

/** The steps that lead to each state of each page. */
const STATES: Record<string, (tab: Tab, url: string, link: string) => Promise<unknown>> = {
  'front page': ({ page }, url) => page.goto(url),
  'verify: ask': ({ page }, _url, link) => page.goto(link),
  'verify: problem': async ({ page }, _url, link) => {
    await page.goto(link.replace(/code=.*/, `code=${'0'.repeat(64)}`));
    await page.getByRole('button').click();
    await page.getByRole('alert').waitFor();
  },
  'verify: busy': async ({ page }, _url, link) => {
    await page.route('**/v1/**', (route) => route.fulfill({ status: 503, body: '' }));
    await page.goto(link);
    await page.getByRole('button').click();
    await page.getByRole('alert').waitFor();
  },
  'verify: done': async ({ page }, _url, link) => {
    await page.goto(link);
    await page.getByRole('button').click();
    await page.getByRole('button').waitFor({ state: 'hidden' });
  },
  'verify: incomplete': ({ page }, url) => page.goto(`${url}/verify_email`),
  'reset: show': async ({ page }, url) => {
    await page.goto(`${url}/reset_password#code=01234567`);
    await page.getByRole('button').click();
    await page.getByRole('status').waitFor();
  },
  'sign in': ({ page }, url) => page.goto(`${url}/.well-known/browserid/sign_in.html`),
  provision: ({ page }, url) => page.goto(`${url}/.well-known/browserid/provision.html`),
};

t.test('axe-core finds no barrier on any page, light or dark', async (t) => {
  const server = await startServer(t);
  const browser = await openBrowser(t);
  const { link } = await addAccount(server);
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, reach] of Object.entries(STATES)) {
      const tab = await openTab(browser, { colorScheme });
      await reach(tab, server.url, link);
      t.same(await findBarriers(tab.page), [], `${name}, ${colorScheme}`);
      t.same(tab.complaints, []);
      await tab.page.context().close();
    }
  }
});

t.test('axe-core detects a barrier', async (t) => {
  const server = await startServer(t);
  const { page } = await openTab(await openBrowser(t));
  await page.goto(server.url);
  await page.evaluate("document.querySelector('main').append(document.createElement('button'))");
  t.match(await findBarriers(page), [/^button-name: /]);
});

t.test('every page fits 320 pixels in every language and with large text', async (t) => {
  const server = await startServer(t, {
    PUBLIC_URL: 'https://a-rather-long-name-of-a-host.accounts.department.example.org',
  });
  const browser = await openBrowser(t);
  const { link } = await addAccount(server);
  for (const locale of LOCALES) {
    for (const [name, reach] of Object.entries(STATES)) {
      const tab = await openTab(browser, { locale });
      await reach(tab, server.url, link);
      for (const fontSize of ['100%', '200%']) {
        await tab.page.evaluate(`document.documentElement.style.fontSize = '${fontSize}'`);
        const width = await tab.page.evaluate('document.documentElement.scrollWidth');
        t.equal(width, 320, `${name}, ${locale}, ${fontSize}`);
      }
      await tab.page.context().close();
    }
  }
});
