import type { ModPow } from '../../../protocol/srp.js';
import type { SingleMethods, SlotAllocation, StretchPlan } from '../../messages.js';

/** UTF-8 bytes. */
export interface StretchInput {
  email: Uint8Array;
  password: Uint8Array;
}

/** An implementation of stretching and modular exponentiation. Engines run in worker threads and are synchronous. */
export interface Engine {
  /**
   * Stretches passwords in step on one core, if the engine can. Throws for all when one fails. Leaves secrets in the
   * slots; see `wipe`.
   * @param slots one slot for each password, used by `native` and `wasm`
   * @param single methods with which `wasm` computes a single password
   * @returns the stretchedPW of each, 32 bytes
   * @see docs/protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(inputs: StretchInput[], slots: SlotAllocation, single: SingleMethods): Uint8Array[];
  modPow: ModPow;
  /** Missing if the engine uses no slots. */
  wipe?(slots: SlotAllocation): void;
  /** Measures the fastest plan for this machine. Missing if the engine has no alternatives. */
  measure?(largestGroup: number): StretchPlan;
}
