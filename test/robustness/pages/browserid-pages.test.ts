import t from 'tap';
import { startHttpServer } from '../../support/client/http-server.js';
import { openBrowser, openTab } from '../../support/pages/browser.js';
import { startServer } from '../../support/pages/key-server.js';

/** Replaces `navigator.id` and records the calls of the page. */
const NAVIGATOR_ID = `
  globalThis.said = [];
  Object.defineProperty(navigator, 'id', { value: {
    beginProvisioning: (begin) => begin('me@example.com', 3600),
    raiseProvisioningFailure: (reason) => said.push(['provisioning', reason]),
    beginAuthentication: (begin) => begin('me@example.com'),
    raiseAuthenticationFailure: (reason) => said.push(['authentication', reason]),
  } });
`;

t.test('the support document names existing pages', async (t) => {
  const { url } = await startServer(t);
  const support = (await (await fetch(`${url}/.well-known/browserid`)).json()) as Record<string, string>;
  for (const path of [support.authentication, support.provisioning]) {
    const response = await fetch(url + path);
    t.match([response.status, response.headers.get('content-type')], [200, /^text\/html/], `${path}`);
  }
});

t.test('provisioning in a frame of another site is refused at once', async (t) => {
  const { url } = await startServer(t);
  const dialog = await startHttpServer(t, (_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<iframe src="${url}/.well-known/browserid/provision.html"></iframe>`);
  });
  const { page, complaints } = await openTab(await openBrowser(t));
  await page.addInitScript(NAVIGATOR_ID);
  await page.goto(dialog.url);
  const frame = page.frames()[1];
  await frame?.waitForFunction('said.length');
  t.same(await frame?.evaluate('said'), [['provisioning', 'user is not authenticated as target user']]);
  t.same(complaints, []);
});

t.test('sign-in can be cancelled in a browser that supports it', async (t) => {
  const { url } = await startServer(t);
  const { page, complaints } = await openTab(await openBrowser(t));
  await page.addInitScript(NAVIGATOR_ID);
  await page.goto(`${url}/.well-known/browserid/sign_in.html`);
  await page.getByRole('button', { name: 'Go back' }).click();
  t.same(await page.evaluate('said'), [['authentication', 'user cancelled']]);
  t.same(complaints, []);
});

t.test('in other browsers both pages explain themselves', async (t) => {
  const { url } = await startServer(t);
  const { page, complaints } = await openTab(await openBrowser(t));
  for (const name of ['sign_in', 'provision']) {
    await page.goto(`${url}/.well-known/browserid/${name}.html`, { waitUntil: 'networkidle' });
    t.equal(await page.getByRole('button').count(), 0);
    t.match(await page.getByRole('main').textContent(), /app/);
  }
  t.same(complaints, []);
});
