import { find, readFragment, showSection } from './page.js';

const GROUP_DIGITS = 4;

const code = readFragment().get('code') ?? '';

// The lengths that the API allows for codes.
if (/^[0-9]{8}([0-9]{8})?$/.test(code)) {
  find('code', HTMLElement).append(...groups(code));
  // Screen readers must read single digits, not "one hundred twenty-three" for 0123.
  find('digits', HTMLElement).textContent = [...code].join(' ');
  find('copy', HTMLButtonElement).addEventListener('click', copy);
  showSection('show');
} else {
  showSection('incomplete');
}

/** Groups digits by style alone, so that the copied code has no spaces. */
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
    // Missing on pages without HTTPS, and users can refuse it.
    await navigator.clipboard.writeText(code);
    outcome.textContent = outcome.dataset.copied ?? '';
  } catch {
    getSelection()?.selectAllChildren(find('code', HTMLElement));
    outcome.textContent = outcome.dataset.selected ?? '';
  }
}
