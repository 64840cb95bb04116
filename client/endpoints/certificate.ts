import type { BrowserIdPublicKey } from '../../protocol/browserid-keys.js';
import type { Transport } from '../transport.js';

export type PublicKey = BrowserIdPublicKey;

export interface SignRequest {
  publicKey: PublicKey;
  /** How long the certificate is to hold: 1 to 86400 are seconds, more is ms, a day at most. */
  duration: number;
}

/** Endpoints of docs/endpoints.md, "Certificate signing". Every method throws ApiError or ConnectionError. */
export class CertificateEndpoints {
  constructor(private readonly transport: Transport) {}

  /** POST /v1/certificate/sign. @throws ApiError 104 when the address is not verified */
  sign(sessionToken: string, request: SignRequest): Promise<{ cert: string }> {
    const signer = { type: 'sessionToken', token: sessionToken } as const;
    return this.transport.send({ method: 'POST', path: '/v1/certificate/sign', signer, body: request });
  }
}
