import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;

/**
 * Waits for a condition that no event announces.
 * @param deadlineMs long by default, because other tests use the processor
 * @throws Error after the deadline
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 60_000,
): Promise<void> {
  for (const deadline = Date.now() + deadlineMs; !(await condition()); await sleep(POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`the condition is false after ${deadlineMs} ms`);
  }
}
