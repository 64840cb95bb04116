export type FindingState = 'ok' | 'warning' | 'broken';

export interface Finding {
  check: string;
  state: FindingState;
  /** Contains no secret: secret settings are named by their variables. */
  says: string;
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

/** @param offsetMs time that the clock is ahead of this machine's */
export function judgeClock(check: string, offsetMs: number): Finding {
  const seconds = Math.abs(offsetMs / 1000).toFixed(1);
  const says = `its clock is ${seconds} s ${offsetMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(offsetMs) < CLOCK_WARNING_MS) return ok(check, says);
  const advice = 'run NTP on both: Hawk signatures are valid for 60 s, and servers must agree on the time';
  return Math.abs(offsetMs) < CLOCK_BROKEN_MS ? warning(check, says, advice) : broken(check, says, advice);
}

const CLOCK_WARNING_MS = 2_000;
/** Half the accepted skew of a Hawk signature. The other half is for the client's clock. */
const CLOCK_BROKEN_MS = 30_000;
