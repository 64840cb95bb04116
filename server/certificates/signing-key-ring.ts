import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { SigningKeys, StoredSigningKey } from '../../storage/signing-keys.js';
import type { BrowserIdPublicKey, SigningAlgorithm } from '../../workers/messages.js';
import { generateSigningKey, openSigningKey } from './signing-key.js';

/** How often a server looks for keys that were added or withdrawn, in ms. */
export const RELOAD_MS = 20_000;
/** How long before it signs a new key is in the database, in ms: every server knows it by then. */
export const TAKEOVER_AFTER_MS = 3 * RELOAD_MS;
/** How long a retired key stays published, in ms: its last certificate lives for a day, by some client's clock. */
const PUBLISHED_AFTER_RETIREMENT_MS = 25 * 3_600_000;

/** A key certificates are signed with, and its public half as `/.well-known/browserid` publishes it. */
export interface OpenedSigningKey extends StoredSigningKey {
  privateKey: KeyObject;
  publicKey: BrowserIdPublicKey;
}

export interface SigningKeyOptions {
  signingKeys: SigningKeys;
  algorithm: SigningAlgorithm;
  /** The clock, ms since 1970. */
  now: () => number;
  log: Logger;
  /** How often to look for a new key once started, in ms. */
  reloadMs?: number;
}

/** The key of an algorithm that signs at a time: the oldest that is not retired by then. */
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

/** Whether certificates of a key may still be in use, or will be. */
export function isPublished({ retiredAt }: Pick<StoredSigningKey, 'retiredAt'>, nowMs: number): boolean {
  return retiredAt === null || nowMs < publishedUntil(retiredAt);
}

/** How long a key that retires at a time is published, in ms since 1970. */
export function publishedUntil(retiredAtMs: number): number {
  return retiredAtMs + PUBLISHED_AFTER_RETIREMENT_MS;
}

/**
 * The signing keys that all servers over one database share. A new one is found within seconds, published
 * at once, and signs from the moment its predecessor is retired: on every server the same, by its clock.
 */
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

  /**
   * Reads the keys, or makes the first one.
   * @throws StoreUnavailableError, Error when a key is not one of its algorithm
   */
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

  /** The key that signs now. */
  get current(): OpenedSigningKey {
    const { algorithm, now } = this.#options;
    return findCurrentKey(this.#keys, algorithm, now()) as OpenedSigningKey;
  }

  /** What certificates in use verify with: the current key, those before it, and one that is to come. */
  get published(): BrowserIdPublicKey[] {
    const nowMs = this.#options.now();
    return this.#keys.filter((key) => isPublished(key, nowMs)).map(({ publicKey }) => publicKey);
  }

  /** Looks for new keys, and for those that are to retire or were withdrawn. @throws StoreUnavailableError, Error when a key is not one of its algorithm */
  async reload(): Promise<void> {
    const stored = await this.#options.signingKeys.list();
    this.#keys = await openKeys(this.#options, stored, this.#keys);
  }

  /** Begins to look for new keys. */
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

  /** Once an outage. */
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

/** Every server that starts over an empty database makes a key of this id; the first one's is kept. */
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
