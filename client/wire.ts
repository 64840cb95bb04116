/** What several endpoints take or give. Binary values are lower-case hex (docs/protocol.md, "Bodies"). */

import type { DeviceType } from '../protocol/devices.js';
import { fromHex } from '../protocol/hex.js';
import type { STRETCHING_PARAMETERS } from '../protocol/stretching.js';
import { ProtocolError } from './errors.js';

/** How a password is stretched: the one set of parameters there is, and the account's salt. */
export type PasswordStretching = typeof STRETCHING_PARAMETERS & {
  /** 32 bytes in hex. */
  salt: string;
};

/** How a device describes itself when it opens a session (docs/protocol.md, "Sessions and devices"). */
export interface DeviceDescription {
  /** At most 255 characters. */
  name: string;
  type: DeviceType;
}

/** Who an account belongs to: a UUID with dashes. */
export interface AccountId {
  uid: string;
}

/**
 * The bytes of a value the server sent.
 * @param length how many there must be, where that is known
 * @throws ProtocolError when the value is no hex, or of another length
 */
export function readHex(what: string, hex: unknown, length?: number): Uint8Array {
  let bytes: Uint8Array | undefined;
  try {
    bytes = fromHex(hex as string);
  } catch {
    // Said below.
  }
  if (!bytes || (length !== undefined && bytes.length !== length)) {
    throw new ProtocolError(`${what} must be ${length === undefined ? '' : `${length} bytes in `}hex`);
  }
  return bytes;
}
