import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;

/**
 * Waits for something that no event announces.
 * @param deadlineMs long by default: other tests may take the processor
 * @throws Error after the deadline
 */
export async function waitUntil(isSo: () => boolean | Promise<boolean>, deadlineMs = 60_000): Promise<void> {
  for (const deadline = Date.now() + deadlineMs; !(await isSo()); await sleep(POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`still not so after ${deadlineMs} ms`);
  }
}
