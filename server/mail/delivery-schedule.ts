import type { OutgoingMail } from '../../storage/outbox.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const FIRST_PAUSE_MS = 5 * SECOND_MS;
/** Random part of a pause, as a share, so that mails that failed together are not retried together. */
const JITTER = 0.2;

/** Maximum pause between attempts to reach an unavailable mail server, in ms. */
export const MAX_OUTAGE_PAUSE_MS = 5 * MINUTE_MS;

/** Lifetime of a mail, and maximum pause between attempts to send it, in ms. */
const RETRIES: Record<OutgoingMail['kind'], { lifeMs: number; maxPauseMs: number }> = {
  verify: { lifeMs: 24 * HOUR_MS, maxPauseMs: HOUR_MS },
  // The lifetime of its code (docs/protocol.md, "Recovery tokens").
  recovery: { lifeMs: 15 * MINUTE_MS, maxPauseMs: MINUTE_MS },
};

export function isExpired({ kind, createdAt }: OutgoingMail, nowMs: number): boolean {
  return nowMs - createdAt >= RETRIES[kind].lifeMs;
}

/** In ms. @param failures number of earlier failed attempts */
export function pauseOfMail(kind: OutgoingMail['kind'], failures: number): number {
  return exponentialPause(failures, RETRIES[kind].maxPauseMs);
}

/** In ms. @param failures number of earlier failures in a row */
export function pauseOfOutage(failures: number): number {
  return exponentialPause(failures, MAX_OUTAGE_PAUSE_MS);
}

function exponentialPause(failures: number, maxMs: number): number {
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, maxMs);
  // PostgreSQL refuses fractions in a bigint.
  return Math.round(pauseMs * (1 + JITTER * (2 * Math.random() - 1)));
}
