import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** Mean number of cores that other processes kept busy. */
export interface Neighbours {
  /** Processes of this machine other than the bench and its children. */
  otherCores: number;
  /** Other virtual machines on the same hardware, as the hypervisor reports them (steal time). */
  stolenCores: number;
}

/**
 * Measures the CPU use of other processes, which makes figures unreliable.
 * @returns a function that ends the measurement; its result is `undefined` without /proc. Children of the bench are
 *   excluded after they have ended.
 */
export function watchNeighbours(): () => Neighbours | undefined {
  const start = sample();
  return () => {
    const end = sample();
    if (!start || !end) return undefined;
    const seconds = (end.atMs - start.atMs) / 1000;
    const busy = end.busySeconds - start.busySeconds;
    const own = end.ownSeconds - start.ownSeconds;
    return {
      otherCores: Math.max(0, (busy - own) / seconds),
      stolenCores: (end.stolenSeconds - start.stolenSeconds) / seconds,
    };
  };
}

function sample() {
  try {
    const [total] = readFileSync('/proc/stat', 'latin1').split('\n', 1) as [string];
    const self = readFileSync('/proc/self/stat', 'latin1');
    return {
      atMs: performance.now(),
      // proc_stat(5): cpu user nice system idle iowait irq softirq steal …
      busySeconds: sumSeconds(total.trim().split(/\s+/), [1, 2, 3, 6, 7]),
      stolenSeconds: sumSeconds(total.trim().split(/\s+/), [8]),
      // proc_pid_stat(5), after the name: user and system time of the process, then of its ended children.
      ownSeconds: sumSeconds(self.slice(self.lastIndexOf(')') + 2).split(' '), [11, 12, 13, 14]),
    };
  } catch {
    return undefined;
  }
}

function sumSeconds(fields: string[], indices: number[]): number {
  return indices.reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND;
}
