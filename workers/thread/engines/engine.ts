import type { ModPow } from '../../../protocol/srp.js';
import type { SingleMethods, SlotAllocation, StretchPlan } from '../../messages.js';

/** UTF-8 bytes. */
export interface StretchInput {
  email: Uint8Array;
  password: Uint8Array;
}

/** Engines run in worker threads and are synchronous. */
export interface Engine {
  /**
   * Stretches passwords in step on one core, if the engine can. Throws for all when one fails. Leaves secrets
   * in the slots, one for each password (`native`, `wasm`). @returns the stretchedPW of each, 32 bytes
   * @see docs/protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(inputs: StretchInput[], slots: SlotAllocation, single: SingleMethods): Uint8Array[];
  modPow: ModPow;
  /** Missing if the engine has no alternatives. */
  measure?(largestGroup: number): StretchPlan;
}
