import type { OutgoingMail } from '../../storage/outbox.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const FIRST_PAUSE_MS = 5 * SECOND_MS;
/** How far a pause strays from its length, so that what failed together does not come back together. */
const JITTER = 0.2;

/** The longest pause between two tries to reach a mail server that is away, in ms. */
export const MAX_OUTAGE_PAUSE_MS = 5 * MINUTE_MS;

/** How long a mail is worth sending, and the longest pause between two tries, in ms. */
const PATIENCE: Record<OutgoingMail['kind'], { lifeMs: number; maxPauseMs: number }> = {
  verify: { lifeMs: 24 * HOUR_MS, maxPauseMs: HOUR_MS },
  // As long as its code works (docs/protocol.md, "Recovery tokens").
  recovery: { lifeMs: 15 * MINUTE_MS, maxPauseMs: MINUTE_MS },
};

/** Whether a mail came too late to be of use. */
export function isExpired({ kind, createdAt }: OutgoingMail, nowMs: number): boolean {
  return nowMs - createdAt >= PATIENCE[kind].lifeMs;
}

/** The pause after a mail's failed try, in ms. @param failures how many tries failed before it */
export function pauseOfMail(kind: OutgoingMail['kind'], failures: number): number {
  return growingPause(failures, PATIENCE[kind].maxPauseMs);
}

/** The pause after a mail server could not be reached, in ms. @param failures how often in a row before */
export function pauseOfOutage(failures: number): number {
  return growingPause(failures, MAX_OUTAGE_PAUSE_MS);
}

function growingPause(failures: number, mostMs: number): number {
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, mostMs);
  return pauseMs * (1 + JITTER * (2 * Math.random() - 1));
}
