import type { Transport } from '../transport.js';
import type { AccountId, DeviceDescription } from '../wire.js';
import type { SessionReply } from './session.js';

export interface RawPasswordRequest {
  email: string;
  /** 1 to 1024 bytes of UTF-8, sent unchanged. */
  password: string;
}

export interface RawPasswordChangeRequest {
  email: string;
  oldPassword: string;
  newPassword: string;
}

export class RawPasswordEndpoints {
  constructor(private readonly transport: Transport) {}

  /** @throws ApiError 101 when the address has an account */
  createAccount(request: RawPasswordRequest): Promise<AccountId> {
    return this.transport.send({ method: 'POST', path: '/v1/raw_password/account/create', body: request });
  }

  /** @throws ApiError 102, 103 or 115 */
  createSession(request: RawPasswordRequest & { device?: DeviceDescription }): Promise<SessionReply> {
    return this.transport.send({ method: 'POST', path: '/v1/raw_password/session/create', body: request });
  }

  /** Keeps kB and ends every session. @throws ApiError 102 or 103 */
  async changePassword(request: RawPasswordChangeRequest): Promise<void> {
    await this.transport.send({ method: 'POST', path: '/v1/raw_password/password/change', body: request });
  }

  /** Replaces kB, ends every session, and consumes the token. */
  async resetPassword(accountResetToken: string, newPassword: string): Promise<void> {
    await this.transport.send({
      method: 'POST',
      path: '/v1/raw_password/password/reset',
      signer: { type: 'accountResetToken', token: accountResetToken },
      body: { newPassword },
    });
  }
}
