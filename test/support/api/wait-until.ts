import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something that nothing announces; the test's timeout is the limit. */
export async function waitUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5);
}
