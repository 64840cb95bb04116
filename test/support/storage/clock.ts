import { setTimeout as delay } from 'node:timers/promises';
import { NOW_MS } from './records.js';

/** Creates a clock that tests advance. With `real`, it waits instead, for stores with their own clock. */
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
