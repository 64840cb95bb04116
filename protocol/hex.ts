import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

/** Encodes bytes as lower-case hex. */
export const toHex: (bytes: Uint8Array) => string = bytesToHex;

/**
 * Decodes hex of either case.
 * @throws Error when the length is odd or a character is not a hex digit
 */
export const fromHex: (hex: string) => Uint8Array = hexToBytes;
