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

/** The result of a login. {@link SrpClient.fetchKeys} takes keyFetchToken and unwrapBKey. */
export type Login = SessionWithKeysReply & Pick<Authentication, 'email' | 'unwrapBKey'>;

/** The account's keys, 32 bytes each. A forgotten password replaces kB and keeps kA. */
export interface AccountKeys {
  kA: Uint8Array;
  kB: Uint8Array;
}

/** At account/reset: the server generates a new one. */
const NEW_WRAP_KB = new Uint8Array(STRETCHED_BYTES);

/**
 * The client of a device that stretches passwords itself, in about a second and 64 MiB. Every method throws
 * ApiError, ConnectionError or ProtocolError, and RangeError for an invalid address or password.
 * @see docs/clients/flows.md
 */
export class SrpClient {
  /** @param engine `createNodeEngine()` is faster in Node than the default */
  constructor(
    private readonly client: KeyServerClient,
    private readonly engine: Engine = createBrowserEngine(),
  ) {}

  /** Creates an account; the server mails its verification code. @throws ApiError 101 when there is one */
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
   * Changes the password and returns the keys, which stay the same. Ends every session: log in again.
   * @throws ApiError 102 or 103; 104 when the address is not verified: the old password remains
   */
  async changePassword(email: string, oldPassword: string, newPassword: string): Promise<AccountKeys> {
    const old = await this.authenticate(email, oldPassword);
    // Stretch before requesting the tokens, which expire after minutes.
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

  /** Recovery, step 1: mails a recovery code. @throws ApiError 102 */
  sendRecoveryCode(email: string): Promise<ForgotReply> {
    return withStoredEmail(email, (hex) => this.client.password.forgotSendCode(hex));
  }

  /** Mails the same code again. */
  resendRecoveryCode(forgotPasswordToken: string, email: string): Promise<ForgotReply> {
    return withStoredEmail(email, (hex) => this.client.password.forgotResendCode(forgotPasswordToken, hex));
  }

  /**
   * Recovery, step 2: returns the accountResetToken.
   * @throws ApiError 105 when the code is wrong; 110 when no tries or no time remain
   */
  async verifyRecoveryCode(forgotPasswordToken: string, code: string): Promise<string> {
    return (await this.client.password.forgotVerifyCode(forgotPasswordToken, code)).accountResetToken;
  }

  /** Recovery, step 3: sets a new password. kA is kept, kB is replaced, every session ends. */
  async resetPassword(email: string, accountResetToken: string, newPassword: string): Promise<void> {
    // The verifier is derived from the stored address, which account/reset does not return.
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

  /** Deletes the account. It cannot be restored. @throws ApiError 102 or 103 */
  async destroyAccount(email: string, password: string): Promise<void> {
    const { authToken, unwrapBKey } = await this.authenticate(email, password);
    unwrapBKey.fill(0);
    await this.client.account.destroy(authToken);
  }

  #deriveNewCredentials(email: string, password: string) {
    return deriveNewCredentials(this.client, this.engine, emailToBytes(email), password);
  }
}

/** After errno 120, sends the request again with the stored address, as `resetPassword` needs it. */
async function withStoredEmail<Reply>(email: string, send: (hex: string) => Promise<Reply>): Promise<Reply> {
  try {
    return await send(emailToHex(email));
  } catch (error) {
    if (!isApiError(error, 'incorrectEmailCase') || error.email === undefined) throw error;
    return send(emailToHex(readStoredEmail(error.email, email)));
  }
}
