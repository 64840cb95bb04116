import { toHex } from '../../protocol/hex.js';
import { deriveRequestKey, openValues } from '../token-bundles.js';
import type { Transport } from '../transport.js';

export interface ChangeStartReply {
  /** Valid for one account/keys within 10 minutes. */
  keyFetchToken: string;
  /** Valid for one account/reset within 15 minutes. */
  accountResetToken: string;
}

export interface ForgotReply {
  forgotPasswordToken: string;
  /** Remaining lifetime of the token, in seconds. */
  ttl: number;
  codeLength: number;
  /** Remaining number of guesses. */
  tries: number;
}

export class PasswordEndpoints {
  constructor(private readonly transport: Transport) {}

  /** Consumes the token, except after a 503. */
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

  /** Mails a code. @throws ApiError 102; 120, with the stored address as `email`, when its case differs */
  forgotSendCode(email: string): Promise<ForgotReply> {
    return this.transport.send({ method: 'POST', path: '/v1/password/forgot/send_code', body: { email } });
  }

  /** Mails the same code again. @throws ApiError 120, as {@link forgotSendCode} */
  forgotResendCode(forgotPasswordToken: string, email: string): Promise<ForgotReply> {
    return this.transport.send({
      method: 'POST',
      path: '/v1/password/forgot/resend_code',
      signer: { type: 'forgotPasswordToken', token: forgotPasswordToken },
      body: { email },
    });
  }

  /** @throws ApiError 105 when the code is wrong, with the remaining `tries` and `ttl` */
  forgotVerifyCode(forgotPasswordToken: string, code: string): Promise<{ accountResetToken: string }> {
    return this.transport.send({
      method: 'POST',
      path: '/v1/password/forgot/verify_code',
      signer: { type: 'forgotPasswordToken', token: forgotPasswordToken },
      body: { code },
    });
  }
}
