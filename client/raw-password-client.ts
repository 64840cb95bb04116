import { emailToHex } from './email.js';
import type { SessionReply } from './endpoints/session.js';
import type { KeyServerClient } from './key-server-client.js';
import type { AccountId, DeviceDescription } from './wire.js';

/**
 * The client of a constrained device: it sends passwords, and the server stretches them. Both kinds of clients share
 * accounts. A login returns no keyFetchToken: fetching keys needs SRP. Every method throws ApiError or
 * ConnectionError, and RangeError for an invalid address. `KeyServerClient.password` requests and verifies recovery
 * codes.
 * @see docs/protocol.md, "Raw password endpoints"
 */
export class RawPasswordClient {
  constructor(private readonly client: KeyServerClient) {}

  /** Creates an account; the server mails its verification code. @throws ApiError 101 when the address has an account */
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
