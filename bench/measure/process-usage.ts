import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: 100 on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

/** Returns the fields after the name, which is in parentheses and can contain spaces: proc_pid_stat(5). */
export function readStat(pid: number | 'self'): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

export function sumSeconds(fields: string[], indices: number[]): number {
  return indices.reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND;
}

/** Returns the CPU seconds of a process, user and system, with ended threads, in steps of 10 ms. */
export function cpuSeconds(pid: number): number {
  return sumSeconds(readStat(pid), [11, 12]);
}

/** Returns the CPU seconds of this process's ended children, in steps of 10 ms. */
export function childCpuSeconds(): number {
  return sumSeconds(readStat('self'), [13, 14]);
}

/** Returns the CPU seconds of the first thread (in Node the event loop), in steps of 1 ns: sched-stats.rst. */
export function firstThreadCpuSeconds(pid: number): number {
  const [ranNs] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  return Number(ranNs) / 1e9;
}

/** Returns the current and the maximum resident memory: proc_pid_status(5). */
export function memoryUse(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { residentMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}
