import { instantiateKernel, runRomix } from '../../../protocol/scrypt-kernel.js';
import { slotBytes } from '../../../protocol/scrypt-parameters.js';
import { STRETCHING_PARAMETERS } from '../../../protocol/stretching.js';
import { createSharedMemory } from '../../kernel/load-kernel.js';
import type { SingleMethod, StretchPlan } from '../../messages.js';

const { scrypt_r: r, scrypt_N } = STRETCHING_PARAMETERS;

/** What is measured is a hash of so little that it takes some tenths of a ms: most of these nothing interrupts. */
export const SAMPLE = { N: 256, r, p: 1 };

/** Rounds without a new best before a measurement ends. Meanwhile V8 optimises the kernel, in threads of its own. */
const PATIENCE_ROUNDS = 25;
const MOST_ROUNDS = 60;
const PAUSE_MS = 10;
/** What is less of a gain than this is none. */
const NOISE = 0.03;

/** A larger group must cost so much less for each hash to be worth its memory and the wait of its first. */
const WORTHWHILE = 0.9;

/** What a hash of full size costs besides: it waits for memory, where a small one finds all in the cache. */
const MEMORY_FACTOR = 1.25;
/** The two PBKDF2 of a stretch, in ms. */
const PBKDF2_MS = 8;

/** The ms that samples take. */
export interface SampleTimes {
  single: { method: SingleMethod; ms: number }[];
  /** Of two in step, three and so on. */
  groups: number[];
}

/** A plan for an engine that has one way to hash, one password at a time. */
export function measureOnlyWay(method: SingleMethod, run: () => void): StretchPlan {
  const [ms] = timeSamples([run]) as [number];
  return choosePlan({ single: [{ method, ms }], groups: [] });
}

/**
 * Finds the fastest ways of the kernel on this processor, and OpenSSL's beside them: 0.1 to 0.2 s of CPU. In vectors
 * one hash leaves most of a core idle, and how much depends on the cycles that a vector operation takes; so does
 * what a hash in scalar operations is worth, and how many hashes in step fill the core.
 */
export function measureKernel(
  module: WebAssembly.Module,
  largestGroup: number,
  openssl: () => void,
): StretchPlan {
  const slot = slotBytes(SAMPLE.N, r);
  const kernel = instantiateKernel(module, createSharedMemory(largestGroup * slot));
  const addresses = Array.from({ length: largestGroup }, (_, i) => i * slot);
  const hash = (count: number, single: 'scalar' | 'vector') => () =>
    runRomix(kernel, addresses.slice(0, count), SAMPLE.N, r, single);
  const groups = addresses.slice(1).map((_, i) => hash(i + 2, 'vector'));
  const [scalarMs, vectorMs, opensslMs, ...groupMs] = timeSamples([
    hash(1, 'scalar'),
    hash(1, 'vector'),
    openssl,
    ...groups,
  ]) as [number, number, number, ...number[]];
  return choosePlan({
    single: [
      { method: 'scalar', ms: scalarMs },
      { method: 'vector', ms: vectorMs },
      // It takes 64 MiB besides the slots: not for less than a real gain.
      { method: 'openssl', ms: opensslMs / WORTHWHILE },
    ],
    groups: groupMs,
  });
}

/** The least ms that each run takes. */
function timeSamples(runs: (() => void)[]): number[] {
  const leastMs = runs.map(() => Infinity);
  let lastGain = 0;
  for (let round = 0; round < MOST_ROUNDS && round - lastGain < PATIENCE_ROUNDS; round++) {
    for (const [i, run] of runs.entries()) {
      const startedMs = performance.now();
      run();
      const ms = performance.now() - startedMs;
      const known = leastMs[i] as number;
      if (ms < known * (1 - NOISE)) lastGain = round;
      leastMs[i] = Math.min(known, ms);
    }
    sleep(PAUSE_MS);
  }
  return leastMs;
}

/** The plan that such times call for. */
export function choosePlan({ single, groups }: SampleTimes): StretchPlan {
  const { method, ms: singleMs } = single.reduce((best, other) => (other.ms < best.ms ? other : best));
  const ms = [singleMs, ...groups];
  const each = (size: number) => (ms[size - 1] as number) / size;
  let groupSize = 1;
  for (let size = 2; size <= ms.length; size++) {
    if (each(size) <= WORTHWHILE * each(groupSize)) groupSize = size;
  }
  const scale = (scrypt_N / SAMPLE.N) * MEMORY_FACTOR;
  const expectedMs = ms.slice(0, groupSize).map((ms, i) => Math.round(ms * scale + (i + 1) * PBKDF2_MS));
  return { single: method, groupSize, expectedMs };
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
