import type { BrowserIdPublicKey } from '../../protocol/browserid-keys.js';
import type { Transport } from '../transport.js';

export type PublicKey = BrowserIdPublicKey;

export interface SignRequest {
  publicKey: PublicKey;
  /** Lifetime of the certificate, at most one day. 1 to 86400: in seconds; larger: in ms. */
  duration: number;
}

export class CertificateEndpoints {
  constructor(private readonly transport: Transport) {}

  /** @throws ApiError 104 when the address is not verified */
  sign(sessionToken: string, request: SignRequest): Promise<{ cert: string }> {
    const signer = { type: 'sessionToken', token: sessionToken } as const;
    return this.transport.send({ method: 'POST', path: '/v1/certificate/sign', signer, body: request });
  }
}
