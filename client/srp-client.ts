import { xorBytes } from '../protocol/bundle.js';
import { toHex } from '../protocol/hex.js';
import { STRETCHED_BYTES } from '../protocol/stretching.js';
import { createBrowserEngine } from './browser-engine.js';
import { emailToBytes, emailToHex } from './email.js';
import type { ForgotReply } from './endpoints/password.js';
import type { SessionWithKeysReply } from './endpoints/session.js';
import { isApiError } from './errors.js';
import type { KeyServerClient } from './key-server-client.js';
import { deriveNewCredentials } from './new-credentials.js';
import {
  type Authentication,
  authenticate,
  readStoredEmail,
  startAuthentication,
} from './srp-authentication.js';
import type { Engine } from './stretcher.js';
import type { AccountId, DeviceDescription } from './wire.js';

/** What a login yields; {@link SrpClient.fetchKeys} takes keyFetchToken and unwrapBKey. */
export type Login = SessionWithKeysReply & Pick<Authentication, 'email' | 'unwrapBKey'>;

/** The account's two keys, 32 bytes each: kA survives a forgotten password, kB does not. */
export interface AccountKeys {
  kA: Uint8Array;
  kB: Uint8Array;
}

/** At account/reset, this means "make a new one". */
const NEW_WRAP_KB = new Uint8Array(STRETCHED_BYTES);

/**
 * The client of a device that stretches passwords itself and shows them to nobody. Each method that takes a password
 * costs a stretch, about a second and 64 MiB. Every method throws ApiError, ConnectionError or ProtocolError, and
 * RangeError for an address or password that cannot be one.
 * @see docs/clients/flows.md
 */
export class SrpClient {
  /** @param engine the platform's own is faster than this default: `createNodeEngine()` in Node */
  constructor(
    private readonly client: KeyServerClient,
    private readonly engine: Engine = createBrowserEngine(),
  ) {}

  /** Creates an account; the server mails its verification code. @throws ApiError 101 when the address is taken */
  async createAccount(email: string, password: string): Promise<AccountId> {
    const credentials = await this.#deriveNewCredentials(email, password);
    const { srp, passwordStretching, verifier } = credentials;
    credentials.unwrapBKey.fill(0);
    return this.client.account.create({
      email: emailToHex(email),
      srp: { ...srp, verifier: toHex(verifier) },
      passwordStretching,
    });
  }

  /** Proves knowledge of the password. @throws ApiError 102 or 103 */
  authenticate(email: string, password: string): Promise<Authentication> {
    return authenticate(this.client, this.engine, email, password);
  }

  /** Attaches a device. @throws ApiError 102, 103 or 115 */
  async login(email: string, password: string, device?: DeviceDescription): Promise<Login> {
    const { authToken, ...rest } = await this.authenticate(email, password);
    return { ...(await this.client.session.create(authToken, device)), ...rest };
  }

  /** Fetches the keys, once for each keyFetchToken. @throws ApiError 104 when the address is not verified */
  async fetchKeys(keyFetchToken: string, unwrapBKey: Uint8Array): Promise<AccountKeys> {
    const { kA, wrapKb } = await this.client.account.keys(keyFetchToken);
    return { kA, kB: xorBytes(wrapKb, unwrapBKey) };
  }

  /**
   * Changes the password and keeps the keys. Ends every session: log in again.
   * @returns the keys, the same as before
   * @throws ApiError 102 or 103; 104 when the address is not verified, and the old password stays
   */
  async changePassword(email: string, oldPassword: string, newPassword: string): Promise<AccountKeys> {
    const old = await this.authenticate(email, oldPassword);
    // Stretched before the tokens are had, which live for minutes only.
    const { unwrapBKey, verifier, srp, passwordStretching } = await this.#deriveNewCredentials(
      old.email,
      newPassword,
    );
    const { keyFetchToken, accountResetToken } = await this.client.password.changeStart(old.authToken);
    const keys = await this.fetchKeys(keyFetchToken, old.unwrapBKey);
    const wrapKb = xorBytes(keys.kB, unwrapBKey);
    await this.client.account.reset(accountResetToken, {
      wrapKb,
      srp: { ...srp, verifier },
      passwordStretching,
    });
    for (const secret of [old.unwrapBKey, unwrapBKey, wrapKb]) secret.fill(0);
    return keys;
  }

  /** Forgot password, first step: mails a recovery code. @throws ApiError 102 */
  sendRecoveryCode(email: string): Promise<ForgotReply> {
    return withStoredEmail(email, (hex) => this.client.password.forgotSendCode(hex));
  }

  /** Mails the same code again. */
  resendRecoveryCode(forgotPasswordToken: string, email: string): Promise<ForgotReply> {
    return withStoredEmail(email, (hex) => this.client.password.forgotResendCode(forgotPasswordToken, hex));
  }

  /**
   * Second step: gives the code for a token to {@link resetPassword} with.
   * @throws ApiError 105 when the code is wrong: that was one try; 110 when no try or no time is left
   */
  async verifyRecoveryCode(forgotPasswordToken: string, code: string): Promise<string> {
    return (await this.client.password.forgotVerifyCode(forgotPasswordToken, code)).accountResetToken;
  }

  /** Last step: sets a new password. kA stays, kB is lost and made anew, every session ends. */
  async resetPassword(email: string, accountResetToken: string, newPassword: string): Promise<void> {
    // The verifier must be over the address as first given, and account/reset does not say how that was.
    const stored = await startAuthentication(this.client, email);
    const credentials = await this.#deriveNewCredentials(stored.email, newPassword);
    const { srp, passwordStretching, verifier } = credentials;
    credentials.unwrapBKey.fill(0);
    await this.client.account.reset(accountResetToken, {
      wrapKb: NEW_WRAP_KB,
      srp: { ...srp, verifier },
      passwordStretching,
    });
  }

  /** Erases the account. There is no way back. @throws ApiError 102 or 103 */
  async destroyAccount(email: string, password: string): Promise<void> {
    const { authToken, unwrapBKey } = await this.authenticate(email, password);
    unwrapBKey.fill(0);
    await this.client.account.destroy(authToken);
  }

  #deriveNewCredentials(email: string, password: string) {
    return deriveNewCredentials(this.client, this.engine, emailToBytes(email), password);
  }
}

/**
 * Sends a request for an address. When the server refuses its case (errno 120), sends it once more with the stored
 * address: `resetPassword` derives the verifier from that one.
 */
async function withStoredEmail<Reply>(email: string, send: (hex: string) => Promise<Reply>): Promise<Reply> {
  try {
    return await send(emailToHex(email));
  } catch (error) {
    if (!isApiError(error, 'incorrectEmailCase') || error.email === undefined) throw error;
    return send(emailToHex(readStoredEmail(error.email, email)));
  }
}
