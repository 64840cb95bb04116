import type { BrowserId } from './browser-id.js';
import { find } from './page.js';

const { id } = navigator as { id?: BrowserId };

// The browser passes the address and waits for an answer.
id?.beginAuthentication?.(() => {
  const back = find('back', HTMLButtonElement);
  back.hidden = false;
  back.addEventListener('click', () => id.raiseAuthenticationFailure?.('user cancelled'));
});
