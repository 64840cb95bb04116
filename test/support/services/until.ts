import { setTimeout as delay } from 'node:timers/promises';

/**
 * Looks again and again until something is so.
 * @throws Error after `ms`
 */
export async function until(isSo: () => Promise<boolean>, ms = 20_000): Promise<void> {
  for (const deadline = Date.now() + ms; !(await isSo()); await delay(20)) {
    if (Date.now() > deadline) throw new Error(`it was not so within ${ms} ms`);
  }
}
