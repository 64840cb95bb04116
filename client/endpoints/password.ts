import { toHex } from '../../protocol/hex.js';
import { deriveRequestKey, openValues } from '../token-bundles.js';
import type { Transport } from '../transport.js';

export interface ChangeStartReply {
  /** Good for one account/keys within 10 minutes. */
  keyFetchToken: string;
  /** Good for one account/reset within 15 minutes. */
  accountResetToken: string;
}

export interface ForgotReply {
  forgotPasswordToken: string;
  /** How long the token still lives, in seconds. */
  ttl: number;
  /** Digits of the code in the mail. */
  codeLength: number;
  /** How many codes may still be tried. */
  tries: number;
}

/** Endpoints of docs/endpoints.md, "Password". Every method throws ApiError or ConnectionError; tokens are 64 hex digits. */
export class PasswordEndpoints {
  constructor(private readonly transport: Transport) {}

  /**
   * POST /v1/password/change/start, its bundle opened. Uses the token up, whatever the outcome.
   * @throws ProtocolError when the bundle does not open
   */
  async changeStart(authToken: string): Promise<ChangeStartReply> {
    const { bundle } = await this.transport.send<{ bundle: string }>({
      method: 'POST',
      path: '/v1/password/change/start',
      signer: { type: 'authToken', token: authToken },
      body: {},
    });
    const key = deriveRequestKey('authToken', authToken);
    const [keyFetchToken, accountResetToken] = openValues(key, 'password/change', bundle, 2).map(toHex);
    return { keyFetchToken: keyFetchToken as string, accountResetToken: accountResetToken as string };
  }

  /**
   * POST /v1/password/forgot/send_code: a new code and token; those before are void.
   * @param email hex of UTF-8
   * @throws ApiError 102 when there is no such account; 120, with the stored address as `email`, when its case differs
   */
  forgotSendCode(email: string): Promise<ForgotReply> {
    return this.transport.send({ method: 'POST', path: '/v1/password/forgot/send_code', body: { email } });
  }

  /**
   * POST /v1/password/forgot/resend_code: the same code in a new message.
   * @param email hex of UTF-8
   * @throws ApiError 120 as {@link forgotSendCode} does
   */
  forgotResendCode(forgotPasswordToken: string, email: string): Promise<ForgotReply> {
    return this.transport.send({
      method: 'POST',
      path: '/v1/password/forgot/resend_code',
      signer: { type: 'forgotPasswordToken', token: forgotPasswordToken },
      body: { email },
    });
  }

  /** POST /v1/password/forgot/verify_code. @throws ApiError 105 when the code is wrong, with `tries` and `ttl` left */
  forgotVerifyCode(forgotPasswordToken: string, code: string): Promise<{ accountResetToken: string }> {
    return this.transport.send({
      method: 'POST',
      path: '/v1/password/forgot/verify_code',
      signer: { type: 'forgotPasswordToken', token: forgotPasswordToken },
      body: { code },
    });
  }
}
