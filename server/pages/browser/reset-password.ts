import { find, readFragment, showSection } from './page.js';

const GROUP_DIGITS = 4;

const code = readFragment().get('code') ?? '';

// As long as the API allows codes to be.
if (/^[0-9]{8}([0-9]{8})?$/.test(code)) {
  find('code', HTMLElement).append(...groups(code));
  // A digit at a time for ears; and not "one hundred twenty-three" for 0123.
  find('digits', HTMLElement).textContent = [...code].join(' ');
  find('copy', HTMLButtonElement).addEventListener('click', copy);
  showSection('show');
} else {
  showSection('incomplete');
}

/** Apart for the eye, by style alone: what is selected and copied has no blanks. */
function groups(digits: string): HTMLSpanElement[] {
  return (digits.match(new RegExp(`.{${GROUP_DIGITS}}`, 'g')) ?? []).map((group) => {
    const span = document.createElement('span');
    span.textContent = group;
    return span;
  });
}

async function copy(): Promise<void> {
  const outcome = find('outcome', HTMLElement);
  outcome.textContent = '';
  try {
    // Absent on a page that is not HTTPS, and refusable.
    await navigator.clipboard.writeText(code);
    outcome.textContent = outcome.dataset.copied ?? '';
  } catch {
    getSelection()?.selectAllChildren(find('code', HTMLElement));
    outcome.textContent = outcome.dataset.selected ?? '';
  }
}
