import { pbkdf2Sync } from 'node:crypto';
import { pbkdf2Group } from '../../../protocol/pbkdf2-kernel.js';
import { instantiateKernel, runRomix, type SingleKernel } from '../../../protocol/scrypt-kernel.js';
import { slotBytes } from '../../../protocol/scrypt-parameters.js';
import { STRETCHING_PARAMETERS } from '../../../protocol/stretching.js';
import { createSharedMemory } from '../../kernel/load-kernel.js';
import type { SingleMethods, StretchPlan } from '../../messages.js';

const { scrypt_r: r, scrypt_N } = STRETCHING_PARAMETERS;

/** A sample takes less than 1 ms, so the scheduler interrupts few of them. */
const SAMPLE_N = 256;
const SAMPLE_ITERATIONS = 500;
const BUDGET_MS = 60;
/** In a pause V8 optimises the kernel in background threads. */
const PAUSE_MS = 10;
const MOST_ROUNDS = 30;

/** Cost of a hash in a group, relative to a smaller group, that makes the larger one worthwhile. */
const WORTHWHILE = 0.9;
/** Factor for memory latency: samples fit into the cache, a full hash does not. */
const MEMORY_FACTOR = 1.25;
/** The two PBKDF2 of a stretch. */
const PBKDF2_MS = 12;

/** Times of samples in ms: of one hash by each method, and of two, three and more in step. */
export interface SampleTimes extends Record<SingleKernel, number> {
  groups: number[];
  pbkdf2: Record<SingleMethods['pbkdf2'], number>;
}

/**
 * Measures the fastest methods of the WebAssembly kernel in at most 100 ms of CPU. On some processors one
 * hash is faster in scalar operations, and more than two hashes in step gain nothing.
 */
export function measureKernel(module: WebAssembly.Module, largestGroup: number): StretchPlan {
  const slot = slotBytes(SAMPLE_N, r);
  const memory = createSharedMemory(largestGroup * slot);
  const kernel = instantiateKernel(module, memory);
  const addresses = Array.from({ length: largestGroup }, (_, i) => i * slot);
  const hash = (count: number, single: SingleKernel) => () =>
    runRomix(kernel, addresses.slice(0, count), SAMPLE_N, r, single);
  const input = { password: new Uint8Array(32), salt: new Uint8Array(32) };
  const [kernelMs, openssl, scalar, vector, ...groups] = timeSamples([
    () => pbkdf2Group(kernel, memory, 0, [input], SAMPLE_ITERATIONS),
    () => pbkdf2Sync(input.password, input.salt, SAMPLE_ITERATIONS, 32, 'sha256'),
    hash(1, 'scalar'),
    ...addresses.map((_, i) => hash(i + 1, 'vector')),
  ]) as [number, number, number, number, ...number[]];
  return choosePlan({ scalar, vector, groups, pbkdf2: { kernel: kernelMs, openssl } });
}

function timeSamples(runs: (() => void)[]): number[] {
  const leastMs = runs.map(() => Infinity);
  let totalMs = 0;
  for (let round = 0; round < MOST_ROUNDS && totalMs < BUDGET_MS; round++) {
    for (const [i, run] of runs.entries()) {
      const startedMs = performance.now();
      run();
      const ms = performance.now() - startedMs;
      leastMs[i] = Math.min(leastMs[i] as number, ms);
      totalMs += ms;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return leastMs;
}

export function choosePlan({ scalar, vector, groups, pbkdf2 }: SampleTimes): StretchPlan {
  const ms = [Math.min(scalar, vector), ...groups];
  const each = (size: number) => (ms[size - 1] as number) / size;
  let groupSize = 1;
  for (let size = 2; size <= ms.length; size++) {
    if (each(size) <= WORTHWHILE * each(groupSize)) groupSize = size;
  }
  const scale = (scrypt_N / SAMPLE_N) * MEMORY_FACTOR;
  return {
    single: scalar < vector ? 'scalar' : 'vector',
    pbkdf2: pbkdf2.kernel < pbkdf2.openssl ? 'kernel' : 'openssl',
    groupSize,
    batchMs: Math.round((ms[groupSize - 1] as number) * scale + groupSize * PBKDF2_MS),
  };
}
