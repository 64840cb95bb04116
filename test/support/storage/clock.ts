import { setTimeout as delay } from 'node:timers/promises';
import { NOW_MS } from './records.js';

/** A clock that stands still until it is told how much time passes; in a store of its own, that really passes. */
export function createClock({ real }: { real: boolean }) {
  let nowMs = NOW_MS;
  return {
    now: () => nowMs,
    async elapse(ms: number) {
      nowMs += ms;
      if (real) await delay(ms);
    },
  };
}
