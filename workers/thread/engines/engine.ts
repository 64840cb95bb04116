import type { ModPow } from '../../../protocol/srp.js';
import type { SingleMethods, SlotAllocation, StretchPlan } from '../../messages.js';

/** What an engine stretches: UTF-8 bytes. */
export interface StretchInput {
  email: Uint8Array;
  password: Uint8Array;
}

/** One way to do the expensive mathematics. Engines run in worker threads only and are synchronous. */
export interface Engine {
  /**
   * Stretches passwords, several on one core in step where the engine can. It throws for all when it cannot
   * stretch one. It leaves its traces in the slots; see `wipe`.
   * @param slots a slot for each, in shared memory; which `native` and `wasm` use
   * @param single how `wasm` computes one alone
   * @returns the stretchedPW of each, 32 bytes
   * @see docs/protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(inputs: StretchInput[], slots: SlotAllocation, single: SingleMethods): Uint8Array[];
  modPow: ModPow;
  /** Zeroes slots, where the engine uses them. */
  wipe?(slots: SlotAllocation): void;
  /** Finds the fastest way to stretch on this machine, up to so many in step; missing where there is no choice. */
  measure?(largestGroup: number): StretchPlan;
}
