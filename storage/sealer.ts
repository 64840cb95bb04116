import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What is stored was sealed with a storage key that is not given. */
export class StorageKeyError extends Error {
  readonly code = 'STORAGE_KEY';
}

/**
 * Encrypts what is stored, with AES-256-GCM (NIST SP 800-38D), bound to the place it is stored in.
 * Sealed form: `key id (4) | IV (12) | ciphertext | tag (16)`.
 */
export class Sealer {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #writingKey: Buffer;
  readonly #writingKeyId: Buffer;

  /**
   * @param keys 32 bytes each; the first seals, all open
   * @throws RangeError when there is no key or one is not 32 bytes
   */
  constructor(keys: Uint8Array[]) {
    const [first] = keys;
    if (!first || keys.some((key) => key.length !== KEY_BYTES)) {
      throw new RangeError(`storage keys must be ${KEY_BYTES} bytes each, and at least one`);
    }
    this.#keys = new Map(keys.map((key) => [keyId(key).toString('hex'), Buffer.from(key)]));
    this.#writingKey = Buffer.from(first);
    this.#writingKeyId = keyId(first);
  }

  /** Seals bytes for one place, for example `accounts.verifier:<uid>`. */
  seal(place: string, plaintext: Uint8Array): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#writingKey, iv);
    cipher.setAAD(Buffer.from(place));
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return Buffer.concat([this.#writingKeyId, iv, ciphertext, cipher.getAuthTag()]);
  }

  /**
   * Opens what {@link seal} made for the same place.
   * @throws StorageKeyError when the key is unknown; Error when the place is another, or a bit was changed
   */
  open(place: string, sealed: Uint8Array): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const key = this.#keys.get(bytes.toString('hex', 0, KEY_ID_BYTES));
    if (!key) throw new StorageKeyError(`no storage key opens ${place.split(':')[0]}`);
    const ivEnd = KEY_ID_BYTES + IV_BYTES;
    const tagStart = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(KEY_ID_BYTES, ivEnd), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(bytes.subarray(tagStart));
    const plaintext = decipher.update(bytes.subarray(ivEnd, tagStart));
    decipher.final();
    return plaintext;
  }

  /** Whether the key that seals now also sealed this. */
  isCurrent(sealed: Uint8Array): boolean {
    return this.#writingKeyId.equals(sealed.subarray(0, KEY_ID_BYTES));
  }
}

function keyId(key: Uint8Array): Buffer {
  return createHash('sha256').update('storage key id').update(key).digest().subarray(0, KEY_ID_BYTES);
}
