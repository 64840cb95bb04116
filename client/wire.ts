import type { DeviceType } from '../protocol/devices.js';
import { fromHex } from '../protocol/hex.js';
import type { STRETCHING_PARAMETERS } from '../protocol/stretching.js';
import { ProtocolError } from './errors.js';

/** The only set of stretching parameters, and the account's salt. */
export type PasswordStretching = typeof STRETCHING_PARAMETERS & {
  /** 32 bytes in hex. */
  salt: string;
};

/** Description of a device, for a new session (docs/protocol.md, "Sessions and devices"). */
export interface DeviceDescription {
  /** At most 255 characters. */
  name: string;
  type: DeviceType;
}

/** A UUID with dashes. */
export interface AccountId {
  uid: string;
}

/** Decodes a value of a reply. @throws ProtocolError when it is not hex, or has another length in bytes */
export function readHex(what: string, hex: unknown, length?: number): Uint8Array {
  let bytes: Uint8Array | undefined;
  try {
    bytes = fromHex(hex as string);
  } catch {
    // Reported below.
  }
  if (!bytes || (length !== undefined && bytes.length !== length)) {
    throw new ProtocolError(`${what} must be ${length === undefined ? '' : `${length} bytes in `}hex`);
  }
  return bytes;
}
