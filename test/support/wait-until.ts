import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;

/** For a condition that no event announces. The deadline is long, because other tests use the processor. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 60_000,
): Promise<void> {
  for (const deadline = Date.now() + deadlineMs; !(await condition()); await sleep(POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`the condition is false after ${deadlineMs} ms`);
  }
}
