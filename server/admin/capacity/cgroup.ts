import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface CgroupLimits {
  /** CPU time in cores, for example 1.5. */
  cores: number | undefined;
  memoryBytes: number | undefined;
}

/** Version 1 reports at least this many bytes without a limit. */
const NO_LIMIT_BYTES = 2 ** 60;

/** A group's limit applies to all groups below it (https://docs.kernel.org/admin-guide/cgroup-v2.html). */
export function readCgroupLimits(root = '/'): CgroupLimits {
  const groups = (read(join(root, 'proc/self/cgroup')) ?? '').trim().split('\n');
  const cores: number[] = [];
  const memoryBytes: number[] = [];
  for (const group of groups) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(group) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const names = controllers.split(',');
    for (const above of withParents(path)) {
      const file = (mount: string, name: string) => read(join(root, 'sys/fs/cgroup', mount, above, name));
      if (controllers === '') {
        cores.push(parseCpuMax(file('', 'cpu.max')));
        memoryBytes.push(parseBytes(file('', 'memory.max')));
      }
      if (names.includes('cpu')) {
        const [quota, period] = [file('cpu', 'cpu.cfs_quota_us'), file('cpu', 'cpu.cfs_period_us')];
        cores.push(parseCpuMax(quota === '-1' ? undefined : `${quota} ${period}`));
      }
      if (names.includes('memory')) memoryBytes.push(parseBytes(file('memory', 'memory.limit_in_bytes')));
    }
  }
  return { cores: least(cores), memoryBytes: least(memoryBytes.filter((bytes) => bytes < NO_LIMIT_BYTES)) };
}

/** Returns a group and its parents. In a container, only the root may be readable. */
function withParents(path: string): string[] {
  return path === '/' ? [path] : [path, ...withParents(dirname(path))];
}

/** Parses `quota period`, both in µs. NaN is no limit. */
function parseCpuMax(text: string | undefined): number {
  const [quota, period] = (text ?? '').split(' ').map(Number);
  return quota && period ? quota / period : Number.NaN;
}

function parseBytes(text: string | undefined): number {
  return text ? Number(text) : Number.NaN;
}

function least(limits: number[]): number | undefined {
  const known = limits.filter(Number.isFinite);
  return known.length > 0 ? Math.min(...known) : undefined;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
