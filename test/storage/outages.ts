import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../storage/within.js';

/** How a store tells that it does not answer. */
export const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };

/** Fails with another error than {@link UNAVAILABLE} when something takes longer than a request may. */
export function withinTwoSeconds<Value>(work: Promise<Value>): Promise<Value> {
  return within(2000, work);
}

/** Asks until there is an answer, for as long as a store may take to be found again: five seconds. */
export async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
