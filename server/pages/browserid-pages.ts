import { html } from '../http/html.js';
import { fillIn } from '../locales/messages.js';
import type { Page } from './page-layout.js';

/**
 * Where BrowserID (2013) sends people to prove who they are. Accounts of this server are proved by apps,
 * over the API, so the page says so, and its button tells the browser that nobody signed in. The button
 * shows where the browser itself has `navigator.id`: the script that stood in for it came from
 * login.persona.org, which is gone.
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
 * What BrowserID loads out of sight, in a frame, to have a key certified. A browser here has no session:
 * the page answers at once that there is nobody to provision for, and BrowserID goes on to the sign-in
 * page. Certificates are to be had from /v1/certificate/sign, with a session.
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
