import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A value is sealed with a storage key that is not configured. */
export class StorageKeyError extends Error {
  readonly code = 'STORAGE_KEY';
}

type KeyForAad = (aad: string) => Uint8Array;

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D). The AAD names the row and column, or the token kind and ID.
 * Each AAD has its own key, so that no key reaches the limit of 2^32 random IVs (section 8.3).
 * Sealed form: `key id (4) | IV (12) | ciphertext | tag (16)`.
 */
export class Sealer {
  readonly #keys = new Map<string, KeyForAad>();
  readonly #writingKey: KeyForAad;
  readonly #writingKeyId: Buffer;

  /** @param storageKeys 32 bytes each; the first seals, all open. @throws RangeError for invalid keys */
  constructor(storageKeys: Uint8Array[]) {
    const [first] = storageKeys;
    if (!first || storageKeys.some((key) => key.length !== KEY_BYTES)) {
      throw new RangeError(`storage keys must be ${KEY_BYTES} bytes each, and at least one`);
    }
    for (const given of storageKeys) {
      const key = Buffer.from(given);
      this.#keys.set(keyId('derived storage key id', key).toString('hex'), (aad) => deriveKey(key, aad));
      // First format: sealed with the storage key itself. Read, but not written.
      this.#keys.set(keyId('storage key id', key).toString('hex'), () => key);
    }
    this.#writingKeyId = keyId('derived storage key id', first);
    this.#writingKey = this.#keys.get(this.#writingKeyId.toString('hex')) as KeyForAad;
  }

  /** @param aad for example `accounts.verifier:<uid>` */
  seal(aad: string, plaintext: Uint8Array): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#writingKey(aad), iv);
    cipher.setAAD(Buffer.from(aad));
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return Buffer.concat([this.#writingKeyId, iv, ciphertext, cipher.getAuthTag()]);
  }

  /** @throws StorageKeyError when the key is unknown; Error when the AAD differs or a bit was changed */
  open(aad: string, sealed: Uint8Array): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const key = this.#keys.get(bytes.toString('hex', 0, KEY_ID_BYTES));
    if (!key) throw new StorageKeyError(`no storage key opens ${aad.split(':')[0]}`);
    const ivEnd = KEY_ID_BYTES + IV_BYTES;
    const tagStart = bytes.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key(aad), bytes.subarray(KEY_ID_BYTES, ivEnd), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(aad));
    decipher.setAuthTag(bytes.subarray(tagStart));
    const plaintext = decipher.update(bytes.subarray(ivEnd, tagStart));
    decipher.final();
    return plaintext;
  }

  /** Returns a keyed hash, for look-ups without storing the text. It changes with the storage key. */
  hash(aad: string, text: string): string {
    return createHmac('sha256', this.#writingKey(aad)).update(text).digest('base64url');
  }

  /** Returns whether key and format of a value are current. */
  isCurrent(sealed: Uint8Array): boolean {
    return this.#writingKeyId.equals(sealed.subarray(0, KEY_ID_BYTES));
  }
}

/** @see RFC 5869; the storage key is uniformly random, so no salt is needed */
function deriveKey(storageKey: Uint8Array, aad: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', storageKey, '', aad, KEY_BYTES));
}

function keyId(label: string, key: Uint8Array): Buffer {
  return createHash('sha256').update(label).update(key).digest().subarray(0, KEY_ID_BYTES);
}
