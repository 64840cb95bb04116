import type { Transport } from '../transport.js';
import type { PasswordStretching } from '../wire.js';

export interface AuthStartReply {
  /** Valid for one auth/finish within 60 s. */
  srpToken: string;
  /** salt: 32 bytes in hex; B: 256 bytes in hex. */
  srp: { type: string; salt: string; B: string };
  passwordStretching: PasswordStretching;
  /** The stored address, hex of UTF-8, when the typed one differs from it in case. Stretch with it. */
  email?: string;
}

/** Hex; A: 256 bytes, M: 32 bytes. */
export interface AuthFinishRequest {
  srpToken: string;
  A: string;
  M: string;
}

export interface AuthFinishReply {
  /** authToken in a bundle under K, in hex. */
  bundle: string;
}

export class AuthEndpoints {
  constructor(private readonly transport: Transport) {}

  /** @throws ApiError 102 when the account does not exist */
  start(email: string): Promise<AuthStartReply> {
    return this.transport.send({ method: 'POST', path: '/v1/auth/start', body: { email } });
  }

  /**
   * Consumes the srpToken, except after a 503.
   * @throws ApiError 103 when M is wrong; 120, with `email`, when the address also differs from the stored one
   */
  finish(request: AuthFinishRequest): Promise<AuthFinishReply> {
    return this.transport.send({ method: 'POST', path: '/v1/auth/finish', body: request });
  }
}
