import type { ModPow } from '../../../protocol/srp.js';
import type { LoneMethod, StretchPlan, StretchRoom } from '../../messages.js';

/** What an engine stretches: UTF-8 bytes. */
export interface StretchInput {
  email: Uint8Array;
  password: Uint8Array;
}

/** One way to do the expensive mathematics. Engines run in worker threads only and are synchronous. */
export interface Engine {
  /**
   * Stretches passwords, several on one core in step where the engine can. It throws for all when it cannot
   * stretch one.
   * @param room a slot for each, in shared memory; of use to `simd` only
   * @param lone how to compute one alone, where the engine has a choice
   * @returns the stretchedPW of each, 32 bytes
   * @see protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(inputs: StretchInput[], room: StretchRoom, lone: LoneMethod): Uint8Array[];
  modPow: ModPow;
  /** Zeroes slots, where the engine uses them. */
  wipe?(room: StretchRoom): void;
  /** Finds the fastest way to stretch on this machine, up to so many in step. */
  measure(largestGroup: number): StretchPlan;
}
