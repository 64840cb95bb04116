import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc: Linux shows 100 to programs on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** Memory of a process, in MiB. */
export interface MemoryUse {
  /** Resident now. */
  residentMib: number;
  /** The most that was ever resident. */
  peakMib: number;
}

/**
 * CPU seconds a process has used in all its threads, ended ones too, user and system; to 10 ms.
 * @throws ENOENT when there is no such process, or no /proc
 * @see proc_pid_stat(5)
 */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in parentheses, may hold spaces; utime and stime are the 12th and 13th fields behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** CPU seconds of this process's children that have ended, to 10 ms. @see proc_pid_stat(5) */
export function childCpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/**
 * CPU seconds of a process's first thread, to the nanosecond: the event loop of a Node process, all of a
 * process that has one thread.
 * @throws ENOENT, as above
 * @see the kernel's sched-stats.rst
 */
export function firstThreadCpuSeconds(pid: number): number {
  const [ranNs] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
  return Number(ranNs) / 1e9;
}

/**
 * Resident memory of a process.
 * @throws ENOENT when there is no such process, or no /proc
 * @see proc_pid_status(5)
 */
export function memoryUse(pid: number): MemoryUse {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { residentMib: mib('VmRSS'), peakMib: mib('VmHWM') };
}
