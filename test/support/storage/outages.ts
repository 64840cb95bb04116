import { withTimeout } from '../../../protocol/with-timeout.js';
import { waitUntil } from '../wait-until.js';

export const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };

export function withinTwoSeconds<Value>(work: Promise<Value>): Promise<Value> {
  return withTimeout(2000, work);
}

/** Limits the wait to five seconds. */
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
