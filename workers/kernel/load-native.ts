import { createRequire } from 'node:module';

/**
 * The addon of workers/kernel/native. Its functions take four arrays for each of one to four passwords: password P, salt
 * S, memory V and derived key DK, which they write. They leave secrets in V. RangeError for invalid arguments.
 */
export interface NativeKernel {
  /** Instruction set in use: the fastest, or the one in the variable STRETCH_ISA. */
  readonly isa: string;
  /** Those that this processor has, the fastest first. */
  readonly isas: readonly string[];
  /** On Linux, gives the memory back to the system; later writes take huge pages, and core dumps leave it out. */
  resetMemory(memory: Uint8Array): void;
  /**
   * Computes stretchedPW, 32 bytes. S is the email; V has 64 MiB.
   * @see docs/protocol.md, "Password stretching", steps 1 to 3
   */
  stretch(...arrays: Uint8Array[]): void;
  /** RFC 7914; V has 128·N·r bytes. */
  scrypt(N: number, r: number, p: number, ...arrays: Uint8Array[]): void;
  /** PBKDF2-HMAC-SHA256 (RFC 8018, section 5.2); V can be empty. */
  pbkdf2(c: number, ...arrays: Uint8Array[]): void;
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
