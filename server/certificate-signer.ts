import type { Session } from '../storage/sessions.js';
import type { SigningKeys, StoredSigningKey } from '../storage/signing-keys.js';
import type { BrowserIdPublicKey, SigningAlgorithm } from '../workers/messages.js';
import type { QuickLane } from '../workers/quick-lane.js';

/** How far in the past a certificate begins, in ms: clients' clocks run late (protocol.md, "certificate"). */
const ISSUED_AGO_MS = 10_000;

/** The key certificates are signed with, and its public half as `/.well-known/browserid` publishes it. */
export interface OpenedSigningKey {
  key: StoredSigningKey;
  publicKey: BrowserIdPublicKey;
}

export interface SigningKeyOptions {
  signingKeys: SigningKeys;
  quickLane: QuickLane;
  algorithm: SigningAlgorithm;
  /** The clock, ms since 1970. */
  now: () => number;
}

/**
 * Reads the signing key that all servers over one database share, or makes it on first start.
 * @throws StoreUnavailableError, QuickLaneError
 */
export async function openSigningKey(options: SigningKeyOptions): Promise<OpenedSigningKey> {
  const key = (await findKey(options)) ?? (await makeKey(options));
  return { key, ...(await options.quickLane.run('exportPublicKey', { key })) };
}

export interface CertificateSignerOptions {
  signingKey: OpenedSigningKey;
  quickLane: QuickLane;
  /** Issuer, and the part behind @ of principals. */
  domain: string;
  /** The clock, ms since 1970. */
  now: () => number;
}

/** Signs BrowserID certificates. */
export class CertificateSigner {
  readonly #options: CertificateSignerOptions;

  constructor(options: CertificateSignerOptions) {
    this.#options = options;
  }

  get publicKey(): BrowserIdPublicKey {
    return this.#options.signingKey.publicKey;
  }

  /**
   * A certificate for a client's key.
   * @param durationMs how long from now it holds
   * @throws QuickLaneError
   * @see protocol.md, "certificate"
   */
  async sign(session: Session, publicKey: BrowserIdPublicKey, durationMs: number): Promise<string> {
    const { quickLane, signingKey, domain, now } = this.#options;
    const payload = JSON.stringify({
      'public-key': publicKey,
      principal: { email: `${session.uid}@${domain}` },
      iat: now() - ISSUED_AGO_MS,
      exp: now() + durationMs,
      iss: domain,
      'fxa-generation': session.generation,
      'fxa-lastAuthAt': Math.floor(session.createdAt / 1000),
      'fxa-verifiedEmail': session.email,
    });
    const { jwt } = await quickLane.run('sign', { key: signingKey.key, payload });
    return jwt;
  }
}

async function findKey({ signingKeys, algorithm }: SigningKeyOptions) {
  return (await signingKeys.list()).find((key) => key.algorithm === algorithm && key.retiredAt === null);
}

async function makeKey(options: SigningKeyOptions): Promise<StoredSigningKey> {
  const { signingKeys, quickLane, algorithm, now } = options;
  // Every server that starts over an empty database makes a key of this id; the first one's is kept.
  const { key } = await quickLane.run('generateKey', { id: `${algorithm}-1`, algorithm });
  await signingKeys.add({ ...key, createdAt: now(), retiredAt: null });
  const kept = await findKey(options);
  if (!kept) throw new Error(`no ${algorithm} key is in use: they are all retired`);
  return kept;
}
