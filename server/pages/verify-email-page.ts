import { type Html, html } from '../http/html.js';
import { fillIn } from '../locales/messages.js';
import { incompleteLink, type Page } from './page-layout.js';

/** Shows only the uid. The server does not reveal its address, and anyone could write one into a link. */
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

function problemTemplate(name: string, text: string): Html {
  const [before = '', after] = text.split('{wait}');
  return html`<template id="problem-${name}">${before}${after === undefined ? '' : html`<span data-wait></span>${after}`}</template>
`;
}
