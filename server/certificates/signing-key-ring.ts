import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { BrowserIdPublicKey, SigningAlgorithm } from '../../protocol/browserid-keys.js';
import type { SigningKeys, StoredSigningKey } from '../../storage/signing-keys.js';
import { generateSigningKey, openSigningKey } from './signing-key.js';

export const RELOAD_MS = 20_000;
/** Time between adding a key and signing with it: every server has loaded it by then. */
export const TAKEOVER_AFTER_MS = 3 * RELOAD_MS;
/** A retired key stays published: its last certificate is valid for a day, and clocks differ. */
const PUBLISHED_AFTER_RETIREMENT_MS = 25 * 3_600_000;

/** A signing key and its public key as `/.well-known/browserid` publishes it. */
export interface OpenedSigningKey extends StoredSigningKey {
  privateKey: KeyObject;
  publicKey: BrowserIdPublicKey;
}

export interface SigningKeyOptions {
  signingKeys: SigningKeys;
  algorithm: SigningAlgorithm;
  now: () => number;
  log: Logger;
  reloadMs?: number;
}

/** Returns the key of an algorithm that signs at a given time: the oldest key not retired by then. */
export function findCurrentKey<Key extends Pick<StoredSigningKey, 'algorithm' | 'createdAt' | 'retiredAt'>>(
  keys: readonly Key[],
  algorithm: SigningAlgorithm,
  nowMs: number,
): Key | undefined {
  return keys
    .filter((key) => key.algorithm === algorithm && (key.retiredAt === null || key.retiredAt > nowMs))
    .reduce<Key | undefined>(
      (oldest, key) => (oldest && oldest.createdAt <= key.createdAt ? oldest : key),
      undefined,
    );
}

export function isPublished({ retiredAt }: Pick<StoredSigningKey, 'retiredAt'>, nowMs: number): boolean {
  return retiredAt === null || nowMs < publishedUntil(retiredAt);
}

export function publishedUntil(retiredAtMs: number): number {
  return retiredAtMs + PUBLISHED_AFTER_RETIREMENT_MS;
}

/** The keys that all servers share. A new key is published at once and signs once its predecessor retires. */
export class SigningKeyRing {
  readonly #options: SigningKeyOptions;
  #timer: NodeJS.Timeout | undefined;
  #keys: readonly OpenedSigningKey[];
  #databaseIsAway = false;
  #closed = false;

  private constructor(options: SigningKeyOptions, keys: readonly OpenedSigningKey[]) {
    this.#options = options;
    this.#keys = keys;
  }

  /** Loads the keys, or creates the first. @throws StoreUnavailableError; Error for an invalid key */
  static async open(options: SigningKeyOptions): Promise<SigningKeyRing> {
    const { signingKeys, algorithm, now } = options;
    let stored = await signingKeys.list();
    if (!findCurrentKey(stored, algorithm, now())) {
      await makeFirstKey(options);
      stored = await signingKeys.list();
    }
    if (!findCurrentKey(stored, algorithm, now())) throw new Error(`every ${algorithm} key is retired`);
    return new SigningKeyRing(options, await openKeys(options, stored, []));
  }

  get current(): OpenedSigningKey {
    const { algorithm, now } = this.#options;
    return findCurrentKey(this.#keys, algorithm, now()) as OpenedSigningKey;
  }

  /** The public keys that verify certificates: the current key, its predecessors, and the next one. */
  get published(): BrowserIdPublicKey[] {
    const nowMs = this.#options.now();
    return this.#keys.filter((key) => isPublished(key, nowMs)).map(({ publicKey }) => publicKey);
  }

  async reload(): Promise<void> {
    const stored = await this.#options.signingKeys.list();
    this.#keys = await openKeys(this.#options, stored, this.#keys);
  }

  start(): void {
    const { reloadMs = RELOAD_MS } = this.#options;
    this.#timer = setTimeout(async () => {
      await this.#reloadQuietly();
      if (!this.#closed) this.start();
    }, reloadMs).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Logs only the first failure of an outage. */
  async #reloadQuietly(): Promise<void> {
    try {
      await this.reload();
      this.#databaseIsAway = false;
    } catch (error) {
      if (!this.#databaseIsAway) this.#options.log.warn({ event: 'signingKeysNotRead', err: error });
      this.#databaseIsAway = true;
    }
  }
}

/** Simultaneous first starts create the same ID. The database keeps the first key. */
async function makeFirstKey({ signingKeys, algorithm, now }: SigningKeyOptions): Promise<void> {
  const privateKeyPem = await generateSigningKey(algorithm);
  await signingKeys.add({
    id: `${algorithm}-1`,
    algorithm,
    privateKeyPem,
    createdAt: now(),
    retiredAt: null,
  });
}

async function openKeys(
  { now }: SigningKeyOptions,
  stored: StoredSigningKey[],
  known: readonly OpenedSigningKey[],
): Promise<OpenedSigningKey[]> {
  const published = stored.filter((key) => isPublished(key, now()));
  return Promise.all(
    published.map(async (key) => ({
      ...(known.find(({ id }) => id === key.id) ?? (await openSigningKey(key))),
      ...key,
    })),
  );
}
