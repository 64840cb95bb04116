import { emailToHex } from './email.js';
import type { SessionReply } from './endpoints/session.js';
import type { KeyServerClient } from './key-server-client.js';
import type { AccountId, DeviceDescription } from './wire.js';

/**
 * The client of a constrained device: it sends passwords, and the server stretches them. Its accounts are those of
 * SrpClient, and open through either. A session had this way comes without keys: those only SRP can fetch.
 * Every method throws ApiError or ConnectionError, and RangeError for an address that cannot be one. A forgotten
 * password's code is asked for and given with `KeyServerClient.password`.
 * @see docs/protocol.md, "Raw password endpoints"
 */
export class RawPasswordClient {
  constructor(private readonly client: KeyServerClient) {}

  /** Creates an account; the server mails its verification code. @throws ApiError 101 when the address is taken */
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

  /** Sets a new password after `verify_code`. kA stays, kB is lost and made anew, every session ends. */
  resetPassword(accountResetToken: string, newPassword: string): Promise<void> {
    return this.client.rawPassword.resetPassword(accountResetToken, newPassword);
  }
}
