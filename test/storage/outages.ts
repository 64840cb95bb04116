import { within } from '../../storage/within.js';
import { until } from '../services/until.js';

/** How a store tells that it does not answer. */
export const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };

/** Fails with another error than {@link UNAVAILABLE} when something takes longer than a request may. */
export function withinTwoSeconds<Value>(work: Promise<Value>): Promise<Value> {
  return within(2000, work);
}

/** Asks until there is an answer, for longer than any store takes to be found again. */
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
  await until(isAnswered).catch(() => {
    throw failure;
  });
}
