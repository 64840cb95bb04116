import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

export const toHex: (bytes: Uint8Array) => string = bytesToHex;

/** Accepts either case. @throws Error when the length is odd or a character is not a hex digit */
export const fromHex: (hex: string) => Uint8Array = hexToBytes;
