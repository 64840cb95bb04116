import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { readStat, sumSeconds } from './measure/process-usage.js';
import { createTable, type Table } from './table.js';

/** Description of the measured machine, as it is printed. */
export type Machine = ReturnType<typeof describeMachine>;

/** Describes this machine. The commit ends with `+` when files differ from it. */
export function describeMachine() {
  const isVirtual = /^flags.*\bhypervisor\b/m.test(readOrEmpty('/proc/cpuinfo'));
  return {
    CPU: `${cpus()[0]?.model.trim() ?? 'unknown'}${isVirtual ? ' (virtual machine)' : ''}`,
    Cores: String(availableParallelism()),
    Caches: [2, 3].map(readCache).filter(Boolean).join(', ') || 'unknown',
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    System: `${type()} ${release()} ${arch()}`,
    Node: `${process.versions.node} (V8 ${process.versions.v8})`,
    OpenSSL: process.versions.openssl,
    Commit: readCommit() || 'unknown',
  };
}

export function tabulateMachine(machine: Machine): Table {
  return createTable(Object.entries(machine), [
    ['machine', ([name]) => name],
    ['', ([, value]) => value],
  ]);
}

function readCache(index: number): string {
  const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}`;
  const [level, size] = [readOrEmpty(`${folder}/level`).trim(), readOrEmpty(`${folder}/size`).trim()];
  return level && size ? `L${level} ${size}iB` : '';
}

function readCommit(): string {
  try {
    const args = ['describe', '--always', '--dirty=+', '--exclude=*'];
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Measures the CPU use of other processes, and of other virtual machines on the same hardware (steal time): it makes
 * figures unreliable. Children of the bench are excluded after they have ended.
 * @returns a function that ends the measurement and describes it; empty when the machine was quiet, or has no /proc
 */
export function watchNeighbours(): () => string {
  const start = sampleSeconds();
  return () => {
    const end = sampleSeconds();
    const [others = 0, stolen = 0] = [1, 2].map(
      (i) => ((end[i] as number) - (start[i] as number)) / ((end[0] as number) - (start[0] as number)),
    );
    if (others + stolen <= 0.1) return '';
    return (
      `Other processes kept ${others.toFixed(2)} cores busy meanwhile, other machines on the same hardware ` +
      `${stolen.toFixed(2)}. Wall times suffer from that more than ratios do.`
    );
  };
}

/** Returns seconds: wall time, CPU of all cores that others used, CPU that the hypervisor gave to others. */
function sampleSeconds(): number[] {
  const wall = performance.now() / 1000;
  // proc_stat(5): cpu user nice system idle iowait irq softirq steal …
  const total = readOrEmpty('/proc/stat').split(/\s+/, 9);
  if (total.length < 9) return [wall, 0, 0];
  const own = sumSeconds(readStat('self'), [11, 12, 13, 14]);
  return [wall, sumSeconds(total, [1, 2, 3, 6, 7]) - own, sumSeconds(total, [8])];
}
