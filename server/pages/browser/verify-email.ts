import { find, readFragment, showSection } from './page.js';

const TIMEOUT_MS = 20_000;
/** Wait before a retry when the server gives none, in seconds. */
const DEFAULT_WAIT_S = 30;

type Problem = 'wrongCode' | 'unknownAccount' | 'tooManyTries' | 'busy' | 'unreachable' | 'failed';
type Outcome = { problem?: Problem; waitSeconds?: number };

const fragment = readFragment();
const uid = fragment.get('uid') ?? '';
const code = fragment.get('code') ?? '';

if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uid) && /^[0-9a-f]{64}$/i.test(code)) {
  find('account', HTMLElement).textContent = uid;
  find('confirm', HTMLButtonElement).addEventListener('click', confirm);
  showSection('ask');
} else {
  showSection('incomplete');
}

/** Verifies on a click, not on load, because mail scanners open links. */
async function confirm(): Promise<void> {
  const button = find('confirm', HTMLButtonElement);
  if (button.ariaDisabled === 'true') return;
  // `disabled` would lose the keyboard focus.
  button.ariaDisabled = 'true';
  const working = find('working', HTMLElement);
  working.textContent = working.dataset.text ?? '';
  find('problem', HTMLElement).replaceChildren();
  const { problem, waitSeconds = 0 } = await sendCode();
  working.textContent = '';
  if (!problem) {
    showSection('done');
    return;
  }
  showProblem(problem, waitSeconds);
  setTimeout(() => {
    button.ariaDisabled = 'false';
  }, waitSeconds * 1000);
}

async function sendCode(): Promise<Outcome> {
  try {
    const response = await fetch(new URL('../v1/recovery_email/verify_code', import.meta.url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ uid, code }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.ok ? {} : await explain(response);
  } catch {
    return { problem: 'unreachable' };
  }
}

/** A proxy may answer something other than JSON. */
async function explain(response: Response): Promise<Outcome> {
  const { errno } = (await response.json().catch(() => ({}))) as { errno?: number };
  if (errno === 102) return { problem: 'unknownAccount' };
  if (errno === 105 || errno === 107 || errno === 108) return { problem: 'wrongCode' };
  const waitSeconds = Number(response.headers.get('Retry-After')) || DEFAULT_WAIT_S;
  if (response.status === 429) return { problem: 'tooManyTries', waitSeconds };
  if (response.status === 503) return { problem: 'busy', waitSeconds };
  return { problem: 'failed' };
}

function showProblem(problem: Problem, waitSeconds: number): void {
  const text = find(`problem-${problem}`, HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  const wait = text.querySelector('[data-wait]');
  if (wait) wait.textContent = formatWait(waitSeconds);
  find('problem', HTMLElement).replaceChildren(text);
}

/** Formats a time in the page's language, rounded up: "30 seconds", "2 Minuten". */
function formatWait(seconds: number): string {
  const [amount, unit] =
    seconds <= 90
      ? [seconds, 'second']
      : seconds <= 90 * 60
        ? [seconds / 60, 'minute']
        : [seconds / 3600, 'hour'];
  const options = { style: 'unit', unit, unitDisplay: 'long' } as const;
  return new Intl.NumberFormat(document.documentElement.lang, options).format(Math.ceil(amount));
}
