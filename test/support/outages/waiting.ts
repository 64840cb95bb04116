import { waitUntil } from '../wait-until.js';

/** Cuts each request at each command, with strict time limits: for an idle machine. */
export const ALL = process.env.OUTAGES === 'all';
/** Longer while other tests run. */
const RECOVERY_MS = ALL ? 5000 : 20_000;

export function untilTrue(condition: () => Promise<boolean>): Promise<void> {
  return waitUntil(condition, RECOVERY_MS);
}
