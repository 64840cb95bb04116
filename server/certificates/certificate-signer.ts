import type { Session } from '../../storage/sessions.js';
import type { CryptoPool } from '../../workers/crypto-pool.js';
import type { BrowserIdPublicKey } from '../../workers/messages.js';
import type { SigningKeyRing } from './signing-key-ring.js';

/** How far in the past a certificate begins, in ms: clients' clocks run late (protocol.md, "certificate"). */
const ISSUED_AGO_MS = 10_000;

export interface CertificateSignerOptions {
  keys: SigningKeyRing;
  cryptoPool: CryptoPool;
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

  /** The keys certificates are signed with, and verified with. */
  get keys(): SigningKeyRing {
    return this.#options.keys;
  }

  /**
   * A certificate for a client's key.
   * @param durationMs how long from now it holds
   * @throws CryptoPoolError
   * @see protocol.md, "certificate"
   */
  async sign(session: Session, publicKey: BrowserIdPublicKey, durationMs: number): Promise<string> {
    const { cryptoPool, keys, domain, now } = this.#options;
    const { id: keyId, algorithm, privateKey } = keys.current;
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
    const { jwt } = await cryptoPool.run('sign', { keyId, algorithm, privateKey, payload });
    return jwt;
  }
}
