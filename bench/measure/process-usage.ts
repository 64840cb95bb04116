import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: 100 on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

/** Memory of a process, in MiB. */
export interface MemoryUse {
  /** Current resident memory. */
  residentMib: number;
  /** Maximum resident memory so far. */
  peakMib: number;
}

/**
 * Returns the fields of a process after its name, which is in parentheses and can contain spaces.
 * @throws ENOENT when the process or /proc does not exist
 * @see proc_pid_stat(5)
 */
export function readStat(pid: number | 'self'): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Sums fields in clock ticks. */
export function sumSeconds(fields: string[], indices: number[]): number {
  return indices.reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS_PER_SECOND;
}

/**
 * Returns the CPU seconds of a process so far: all threads, including ended ones, user and system; resolution 10 ms.
 * @throws ENOENT when the process or /proc does not exist
 */
export function cpuSeconds(pid: number): number {
  return sumSeconds(readStat(pid), [11, 12]);
}

/** Returns the CPU seconds of this process's ended children; resolution 10 ms. */
export function childCpuSeconds(): number {
  return sumSeconds(readStat('self'), [13, 14]);
}

/**
 * Returns the CPU seconds of a process's first thread, with a resolution of ns. In Node this thread runs the event
 * loop.
 * @throws ENOENT when the process or /proc does not exist
 * @see the kernel's sched-stats.rst
 */
export function firstThreadCpuSeconds(pid: number): number {
  const [ranNs] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  return Number(ranNs) / 1e9;
}

/**
 * Returns the resident memory of a process.
 * @throws ENOENT when the process or /proc does not exist
 * @see proc_pid_status(5)
 */
export function memoryUse(pid: number): MemoryUse {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { residentMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}
