import { html } from '../http/html.js';
import { incompleteLink, type Page } from './page-layout.js';

/** The page of the link in a recovery mail. It shows the code and sends no request. */
export const resetPasswordPage: Page = {
  path: '/reset_password',
  script: 'reset-password',
  render(messages) {
    const texts = messages.pages.reset;
    return {
      title: texts.title,
      main: html`<section id="show" hidden>
<h1>${texts.title}</h1>
<p>${texts.intro}</p>
<p><span id="digits" class="read-aloud"></span><code id="code" class="code" aria-hidden="true"></code></p>
<button type="button" id="copy">${texts.button}</button>
<p id="outcome" role="status" data-copied="${texts.copied}" data-selected="${texts.selected}"></p>
<p>${messages.mail.recovery.validity}</p>
<p>${texts.expired}</p>
</section>
${incompleteLink(messages)}`,
    };
  },
};
