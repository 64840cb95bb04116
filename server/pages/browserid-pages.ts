import { html } from '../http/html.js';
import { fillIn } from '../locales/messages.js';
import type { Page } from './page-layout.js';

/**
 * The authentication page of BrowserID. Users authenticate in apps: the page says so, and its button reports
 * a cancelled sign-in. Only browsers with `navigator.id` show the button: there is no polyfill.
 */
export const signInPage: Page = {
  path: '/.well-known/browserid/sign_in.html',
  script: 'sign-in',
  render({ pages: { signIn } }, { host }) {
    return {
      title: signIn.title,
      main: html`<h1>${signIn.title}</h1>
<p>${fillIn(signIn.text, { host })}</p>
<button type="button" id="back" hidden>${signIn.button}</button>`,
    };
  },
};

/**
 * The provisioning page of BrowserID, in a hidden frame. A browser has no session here, so the page reports a
 * failure at once, and BrowserID opens the sign-in page.
 */
export const provisionPage: Page = {
  path: '/.well-known/browserid/provision.html',
  script: 'provision',
  framed: true,
  render({ pages: { provision } }, { host }) {
    return {
      title: provision.title,
      main: html`<h1>${provision.title}</h1>
<p>${fillIn(provision.text, { host })}</p>`,
    };
  },
};
