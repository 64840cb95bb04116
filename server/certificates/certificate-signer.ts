import type { BrowserIdPublicKey } from '../../protocol/browserid-keys.js';
import type { Session } from '../../storage/sessions.js';
import type { CryptoPool } from '../../workers/crypto-pool.js';
import { ApiError } from '../http/errors.js';
import type { SigningKeyRing } from './signing-key-ring.js';

/** Backdating of certificates, in ms, because clients' clocks differ (docs/protocol.md, "Certificates"). */
const ISSUED_AGO_MS = 10_000;

/** DSA keys of one source that wait for their check. One takes up to 35 ms. */
const MAX_CHECKS_OF_SOURCE = 50;
/** Seconds after which a source with more may try again. */
const RETRY_AFTER_CHECKS_S = 2;

interface Checks {
  last: Promise<unknown>;
  count: number;
}

export interface CertificateSignerOptions {
  keys: SigningKeyRing;
  cryptoPool: CryptoPool;
  /** Issuer of certificates, and the domain of their principals. */
  domain: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Signs BrowserID certificates. */
export class CertificateSigner {
  readonly #options: CertificateSignerOptions;
  readonly #checks = new Map<string, Checks>();

  constructor(options: CertificateSignerOptions) {
    this.#options = options;
  }

  get keys(): SigningKeyRing {
    return this.#options.keys;
  }

  /**
   * @param durationMs lifetime from now
   * @param source of the request
   * @throws CryptoPoolError; ApiError 107 when a DSA key is not in its subgroup, 201 when too many wait
   * @see docs/protocol.md, "Certificates"
   */
  async sign(
    session: Session,
    publicKey: BrowserIdPublicKey,
    durationMs: number,
    source: string,
  ): Promise<string> {
    const { cryptoPool, keys, domain, now } = this.#options;
    if (publicKey.algorithm === 'DS') {
      const { y, p, q } = publicKey;
      const check = () => cryptoPool.run('checkDsaKey', { y, p, q });
      const { isInSubgroup } = await this.#inTurn(source, check);
      if (!isInSubgroup) throw new ApiError('invalidParameter', { param: 'publicKey.y' });
    }
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

  /** Runs one check per source at a time, so that logins wait for at most one of them. */
  async #inTurn<Outcome>(source: string, check: () => Promise<Outcome>): Promise<Outcome> {
    const checks = this.#checks.get(source) ?? { last: Promise.resolve(), count: 0 };
    if (checks.count >= MAX_CHECKS_OF_SOURCE) {
      throw new ApiError('serviceUnavailable', { retryAfter: RETRY_AFTER_CHECKS_S });
    }
    checks.count++;
    this.#checks.set(source, checks);
    const outcome = checks.last.then(check);
    checks.last = outcome.catch(() => {});
    try {
      return await outcome;
    } finally {
      checks.count--;
      if (checks.count === 0) this.#checks.delete(source);
    }
  }
}
