import type { StretchThreadReady } from '../messages.js';
import type { Engine } from './engines/engine.js';

/**
 * Stretches what is no password, so that the thread's first login is as fast as the next: it makes V8
 * compile the kernel for good and takes all the memory the engine will ever hold, 50 ms of page faults with
 * `simd`. So it takes the largest batch there is. It costs 0.2 s of low priority a thread when the server
 * starts, and memory that would not suffice is missed then and not under load.
 *
 * A failure is left to the first login, which will fail alone: threads that die at start are not replaced.
 */
export function warmUp(engine: Engine): StretchThreadReady {
  const input = { email: new Uint8Array(1), password: new Uint8Array(1) };
  const batchSize = engine.stretchPair ? 2 : 1;
  const startedMs = performance.now();
  try {
    if (engine.stretchPair) engine.stretchPair(input, input);
    else engine.stretch(input);
  } catch {
    return { batchSize, tookMs: undefined };
  }
  return { batchSize, tookMs: performance.now() - startedMs };
}
