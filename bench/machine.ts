import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** Description of the measured machine. */
export interface Machine {
  cpu: string;
  cores: number;
  /** Caches, such as `L2 1 MiB, L3 32 MiB`; empty if unknown. */
  caches: string;
  virtual: boolean;
  memoryGib: number;
  os: string;
  node: string;
  v8: string;
  openssl: string;
  /** Measured commit, with `+` when files differ from it; empty outside a repository. */
  commit: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    caches: readCaches(),
    virtual: /^flags.*\bhypervisor\b/m.test(readOrEmpty('/proc/cpuinfo')),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    openssl: process.versions.openssl,
    commit: readCommit(),
  };
}

/** Returns the description as pairs of name and value. */
export function machineLines(machine: Machine): [name: string, value: string][] {
  return [
    ['CPU', machine.cpu + (machine.virtual ? ' (virtual machine)' : '')],
    ['Cores', String(machine.cores)],
    ['Caches', machine.caches || 'unknown'],
    ['Memory', `${machine.memoryGib} GiB`],
    ['System', machine.os],
    ['Node', `${machine.node} (V8 ${machine.v8})`],
    ['OpenSSL', machine.openssl],
    ['Commit', machine.commit || 'unknown'],
  ];
}

function readCaches(): string {
  const folder = '/sys/devices/system/cpu/cpu0/cache';
  const levels = [2, 3].map((index) => {
    const level = readOrEmpty(`${folder}/index${index}/level`).trim();
    const kib = Number.parseInt(readOrEmpty(`${folder}/index${index}/size`), 10);
    return level && kib ? `L${level} ${kib >= 1024 ? `${kib / 1024} MiB` : `${kib} KiB`}` : '';
  });
  return levels.filter(Boolean).join(', ');
}

function readCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') ? '+' : '');
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
