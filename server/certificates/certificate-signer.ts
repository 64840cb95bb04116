import type { BrowserIdPublicKey } from '../../protocol/browserid-keys.js';
import type { Session } from '../../storage/sessions.js';
import type { CryptoPool } from '../../workers/crypto-pool.js';
import type { TaskClient } from '../../workers/task-queue.js';
import { ApiError } from '../http/errors.js';
import type { SigningKeyRing } from './signing-key-ring.js';

/** Backdating, because clients' clocks differ (docs/protocol.md, "Certificates"). */
const ISSUED_AGO_MS = 10_000;

export interface CertificateSignerOptions {
  keys: SigningKeyRing;
  cryptoPool: CryptoPool;
  /** Issuer of certificates, and the domain of their principals. */
  domain: string;
  now: () => number;
}

export class CertificateSigner {
  readonly #options: CertificateSignerOptions;

  constructor(options: CertificateSignerOptions) {
    this.#options = options;
  }

  get keys(): SigningKeyRing {
    return this.#options.keys;
  }

  /** @throws ApiError 107 when a DSA key is not in its subgroup; what CryptoPool.run throws */
  async sign(
    session: Session,
    publicKey: BrowserIdPublicKey,
    durationMs: number,
    client: TaskClient,
  ): Promise<string> {
    const { cryptoPool, keys, domain, now } = this.#options;
    if (publicKey.algorithm === 'DS') {
      const { y, p, q } = publicKey;
      const { isInSubgroup } = await cryptoPool.run('checkDsaKey', { y, p, q }, client);
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
    const { jwt } = await cryptoPool.run('sign', { keyId, algorithm, privateKey, payload }, client);
    return jwt;
  }
}
