import { setTimeout as pause } from 'node:timers/promises';

/** Looks again and again until something holds. What never does ends with the test's own time limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}
