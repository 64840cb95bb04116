import { createRequire } from 'node:module';

/** The addon of workers/kernel/native. Every function checks its arguments: RangeError or TypeError. */
export interface NativeKernel {
  /** The instruction set in use: the best that the processor has, or the one that the variable STRETCH_ISA names. */
  readonly isa: string;
  /** All that this processor has, the best first. */
  readonly isas: readonly string[];
  /** Maps a region of slots, 64 MiB each, for all threads of the process, and returns its number. */
  mapSlots(count: number): number;
  /** Gives a region back, as soon as no thread uses it. */
  unmapSlots(region: number): void;
  /** Overwrites a slot with zeros, 5 to 12 ms. */
  wipeSlot(region: number, slot: number): void;
  /**
   * Stretches one to four passwords in step, each in its slot. What it leaves in the slots is the caller's to wipe.
   * @returns the stretchedPW of each, 32 bytes
   * @see docs/protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(region: number, slots: number[], passwords: Uint8Array[], emails: Uint8Array[]): Uint8Array[];
  /** scrypt (RFC 7914) alone; N at most 65,536 with r = 8. It leaves its traces in the slots as well. */
  scrypt(
    region: number,
    slots: number[],
    passwords: Uint8Array[],
    salts: Uint8Array[],
    N: number,
    r: number,
    p: number,
    dkLen: number,
  ): Uint8Array[];
  /** PBKDF2-HMAC-SHA256 (RFC 8018, section 5.2) alone. */
  pbkdf2(passwords: Uint8Array[], salts: Uint8Array[], c: number, dkLen: number): Uint8Array[];
}

/** What to do on a machine where the native kernel was not built. */
export const NATIVE_ADVICE = 'install a C compiler (on Debian: apt install gcc libc6-dev) and build again';

/**
 * Loads the addon that the build puts beside this file.
 * @throws Error when it was not built, or not for this processor or C library
 */
export function loadNative(): NativeKernel {
  return createRequire(import.meta.url)('./stretch.node') as NativeKernel;
}

/** Why the addon cannot be loaded; undefined where it can. */
export function findNativeProblem(): string | undefined {
  try {
    loadNative();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'MODULE_NOT_FOUND' ? 'the native kernel was not built: there was no C compiler' : message;
  }
}
