/** What a check came to. */
export type FindingState = 'ok' | 'warning' | 'broken';

export interface Finding {
  check: string;
  state: FindingState;
  /** What is so. Never a secret: settings that hold one are called by their variables. */
  says: string;
  /** What to do about it. */
  advice?: string;
}

export const ok = (check: string, says: string): Finding => ({ check, state: 'ok', says });

export const warning = (check: string, says: string, advice: string): Finding => ({
  check,
  state: 'warning',
  says,
  advice,
});

export const broken = (check: string, says: string, advice: string): Finding => ({
  check,
  state: 'broken',
  says,
  advice,
});

/** How a clock that differs from this machine's is judged. @param offsetMs how far it is ahead */
export function judgeClock(check: string, offsetMs: number): Finding {
  const seconds = Math.abs(offsetMs / 1000).toFixed(1);
  const says = `its clock is ${seconds} s ${offsetMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(offsetMs) < CLOCK_WARNING_MS) return ok(check, says);
  const advice = 'run NTP on both: Hawk signatures hold for 60 s, and servers must agree on the time';
  return Math.abs(offsetMs) < CLOCK_BROKEN_MS ? warning(check, says, advice) : broken(check, says, advice);
}

const CLOCK_WARNING_MS = 2_000;
/** Half of what a Hawk signature may be off: a client's clock has a share, too. */
const CLOCK_BROKEN_MS = 30_000;
