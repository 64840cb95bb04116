import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

/** Bytes to lower-case hex, the only form the server and the client write. */
export const toHex: (bytes: Uint8Array) => string = bytesToHex;

/**
 * Hex in either case to bytes.
 * @throws Error when the length is odd or a character is no hex digit
 */
export const fromHex: (hex: string) => Uint8Array = hexToBytes;
