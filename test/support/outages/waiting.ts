import { waitUntil } from '../wait-until.js';

/** Every place to cut every request at, and times to the letter: for a machine that does nothing else. */
export const ALL = process.env.OUTAGES === 'all';
/** Time limit of the recovery after a store's return, in ms; longer while other tests run. */
const RECOVERY_MS = ALL ? 5000 : 20_000;

/** Waits until something is so, for as long as recovery may take. */
export function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  return waitUntil(isSo, RECOVERY_MS);
}
