import { type Html, html } from '../http/html.js';
import { fillIn } from '../locales/messages.js';
import { incompleteLink, type Page } from './page-layout.js';

/**
 * Where the link of a verification mail leads.
 *
 * It shows the account by its uid, the one thing about it that the link holds. There is no asking the
 * server for the address: a uid is no secret, and whoever has one must not learn an address by it. Nor
 * does the link carry the address: what a link says anyone can write, and this page would show it as ours.
 */
export const verifyEmailPage: Page = {
  path: '/verify_email',
  script: 'verify-email',
  render(messages, { host }) {
    const { problems, ...texts } = messages.pages.verify;
    return {
      title: texts.title,
      main: html`<section id="ask" hidden>
<h1>${texts.title}</h1>
<p>${fillIn(texts.intro, { host })}</p>
<dl><dt>${texts.account}</dt><dd><code id="account"></code></dd></dl>
<button type="button" id="confirm">${texts.button}</button>
<p id="working" role="status" data-text="${texts.working}"></p>
<p id="problem" role="alert"></p>
</section>
<section id="done" hidden>
<h1 tabindex="-1">${texts.doneTitle}</h1>
<p>${texts.done}</p>
</section>
${incompleteLink(messages)}
${Object.entries(problems).map(([name, text]) => problemTemplate(name, fillIn(text, { host })))}`,
    };
  },
};

/** A text the script can show; it fills in the time to wait. */
function problemTemplate(name: string, text: string): Html {
  const [before = '', after] = text.split('{wait}');
  return html`<template id="problem-${name}">${before}${after === undefined ? '' : html`<span data-wait></span>${after}`}</template>
`;
}
