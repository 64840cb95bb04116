import { createRequire } from 'node:module';

/** The addon of workers/kernel/native. Functions throw RangeError for invalid arguments. */
export interface NativeKernel {
  /** Instruction set in use: the fastest, or the one in the variable STRETCH_ISA. */
  readonly isa: string;
  /** Those that this processor has, the fastest first. */
  readonly isas: readonly string[];
  /** Maps slots of 64 MiB for all threads. @returns number of the region */
  mapSlots(count: number): number;
  /** Unmaps a region when no thread uses it. */
  unmapSlots(region: number): void;
  /** Writes zeros, which takes 5 to 12 ms. */
  wipeSlot(region: number, slot: number): void;
  /**
   * Leaves secrets in the slots, which the caller wipes. @returns the stretchedPW of each password, 32 bytes
   * @see docs/protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(region: number, slots: number[], passwords: Uint8Array[], emails: Uint8Array[]): Uint8Array[];
  /** RFC 7914; N is at most 65,536 with r = 8. Leaves secrets in the slots. */
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
  /** PBKDF2-HMAC-SHA256 (RFC 8018, section 5.2). */
  pbkdf2(passwords: Uint8Array[], salts: Uint8Array[], c: number, dkLen: number): Uint8Array[];
}

export const NATIVE_ADVICE = 'install a C compiler (on Debian: apt install gcc libc6-dev) and build again';

/** @throws Error when the addon was not built, or was built for another processor or C library */
export function loadNative(): NativeKernel {
  return createRequire(import.meta.url)('./stretch.node') as NativeKernel;
}

/** Returns the reason why the addon cannot be loaded, or `undefined` when it can. */
export function findNativeProblem(): string | undefined {
  try {
    loadNative();
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'MODULE_NOT_FOUND' ? 'the native kernel was not built: there was no C compiler' : message;
  }
}
