import type { ModPow } from '../../../protocol/srp.js';

/** What an engine stretches: UTF-8 bytes. */
export interface StretchInput {
  email: Uint8Array;
  password: Uint8Array;
}

/** One way to do the expensive mathematics. Engines run in worker threads only and are synchronous. */
export interface Engine {
  /**
   * Stretches one password.
   * @returns stretchedPW, 32 bytes
   * @see protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(input: StretchInput): Uint8Array;
  /**
   * Stretches two passwords on one core, where the engine can do that faster than one by one. It throws
   * for both when it cannot stretch one.
   */
  stretchPair?(a: StretchInput, b: StretchInput): [Uint8Array, Uint8Array];
  modPow: ModPow;
}
