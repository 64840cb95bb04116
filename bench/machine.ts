import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { findNativeProblem, loadNative } from '../workers/kernel/load-native.js';
import { readStat, sumSeconds } from './measure/process-usage.js';
import { createTable, type Table } from './table.js';

export type Machine = ReturnType<typeof describeMachine>;

/**
 * Describes this machine. The processor's name includes the instruction set of the native kernel, because virtual machines
 * hide the model. The commit ends with `+` when files differ from it.
 */
export function describeMachine() {
  const isVirtual = /^flags.*\bhypervisor\b/m.test(readOrEmpty('/proc/cpuinfo'));
  const isa = findNativeProblem() === undefined ? `, ${loadNative().isa}` : '';
  return {
    CPU: `${cpus()[0]?.model.trim() ?? 'unknown'}${isa}${isVirtual ? ' (virtual machine)' : ''}`,
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
 * Starts to measure the CPU of other processes and other virtual machines (steal time), which makes figures
 * unreliable. Children of the bench are excluded after they have ended.
 * @returns a function that ends the measurement and describes it; empty for a quiet machine, or without /proc
 */
export function watchNeighbours(): () => string {
  const start = sampleSeconds();
  return () => {
    const end = sampleSeconds();
    const cores = (kind: 'others' | 'stolen') => (end[kind] - start[kind]) / (end.wall - start.wall);
    if (cores('others') + cores('stolen') <= 0.1) return '';
    return (
      `Other processes kept ${cores('others').toFixed(2)} cores busy meanwhile, other machines on the same hardware ` +
      `${cores('stolen').toFixed(2)}. Wall times suffer from that more than ratios do.`
    );
  };
}

/** CPU seconds of all cores: used by other processes, and given to other virtual machines. */
function sampleSeconds() {
  const wall = performance.now() / 1000;
  // proc_stat(5): cpu user nice system idle iowait irq softirq steal …
  const total = readOrEmpty('/proc/stat').split(/\s+/, 9);
  if (total.length < 9) return { wall, others: 0, stolen: 0 };
  const own = sumSeconds(readStat('self'), [11, 12, 13, 14]);
  return { wall, others: sumSeconds(total, [1, 2, 3, 6, 7]) - own, stolen: sumSeconds(total, [8]) };
}
