import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;

/**
 * Waits for a condition that no event announces.
 * @param deadlineMs long by default, because other tests use the processor
 * @throws Error after the deadline
 */
export async function waitUntil(isSo: () => boolean | Promise<boolean>, deadlineMs = 60_000): Promise<void> {
  for (const deadline = Date.now() + deadlineMs; !(await isSo()); await sleep(POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`still not so after ${deadlineMs} ms`);
  }
}
