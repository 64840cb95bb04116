import { emailToHex } from './email.js';
import type { SessionReply } from './endpoints/session.js';
import type { KeyServerClient } from './key-server-client.js';
import type { AccountId, DeviceDescription } from './wire.js';

/**
 * The client of a constrained device: the server stretches its passwords (docs/protocol.md, "Raw password
 * endpoints"). A login returns no keyFetchToken, because fetching keys needs SRP. `KeyServerClient.password`
 * requests and verifies recovery codes.
 * @throws ApiError or ConnectionError; RangeError for an invalid address
 */
export class RawPasswordClient {
  constructor(private readonly client: KeyServerClient) {}

  /** Creates an account; the server mails its verification code. @throws ApiError 101 when there is one */
  createAccount(email: string, password: string): Promise<AccountId> {
    return this.client.rawPassword.createAccount({ email: emailToHex(email), password });
  }

  /** Attaches a device. @throws ApiError 102, 103 or 115 */
  login(email: string, password: string, device?: DeviceDescription): Promise<SessionReply> {
    const request = { email: emailToHex(email), password };
    return this.client.rawPassword.createSession(device ? { ...request, device } : request);
  }

  /** Changes the password and keeps the keys. Ends every session: log in again. @throws ApiError 102 or 103 */
  changePassword(email: string, oldPassword: string, newPassword: string): Promise<void> {
    return this.client.rawPassword.changePassword({ email: emailToHex(email), oldPassword, newPassword });
  }

  /** Sets a new password after `verify_code`. kA is kept, kB is replaced, every session ends. */
  resetPassword(accountResetToken: string, newPassword: string): Promise<void> {
    return this.client.rawPassword.resetPassword(accountResetToken, newPassword);
  }
}
