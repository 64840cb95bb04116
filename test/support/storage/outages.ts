import { withTimeout } from '../../../protocol/with-timeout.js';
import { waitUntil } from '../wait-until.js';

/** How a store tells that it does not answer. */
export const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };

/** Fails with another error than {@link UNAVAILABLE} when something takes longer than a request may. */
export function withinTwoSeconds<Value>(work: Promise<Value>): Promise<Value> {
  return withTimeout(2000, work);
}

/** Asks until there is an answer, for as long as a store may take to be found again: five seconds. */
export async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  let failure: unknown;
  const isAnswered = async () => {
    try {
      await ask();
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  await waitUntil(isAnswered, 5000).catch(() => {
    throw failure;
  });
}
