import { randomBytes } from 'node:crypto';
import {
  authenticate,
  createAccount,
  login,
  SRP_TYPE,
  STRETCHING,
  sendRecoveryCode,
  startPasswordChange,
  type TestAccount,
  toHex,
} from './accounts.js';
import { RSA_KEY } from './certificates.js';
import { computeVerifier, deriveToken, sealBundle, type TokenType } from './protocol-math.js';
import type { Signer } from './send.js';
import type { TestServer } from './start-server.js';

export interface SignedEndpoint {
  method: 'GET' | 'POST';
  path: string;
  type: TokenType;
}

export const SIGNED_ENDPOINTS: SignedEndpoint[] = [
  { method: 'GET', path: '/v1/account/devices', type: 'sessionToken' },
  { method: 'GET', path: '/v1/account/keys', type: 'keyFetchToken' },
  { method: 'POST', path: '/v1/account/reset', type: 'accountResetToken' },
  { method: 'POST', path: '/v1/account/destroy', type: 'authToken' },
  { method: 'POST', path: '/v1/session/create', type: 'authToken' },
  { method: 'POST', path: '/v1/session/destroy', type: 'sessionToken' },
  { method: 'POST', path: '/v1/raw_password/password/reset', type: 'accountResetToken' },
  { method: 'GET', path: '/v1/recovery_email/status', type: 'sessionToken' },
  { method: 'POST', path: '/v1/recovery_email/resend_code', type: 'sessionToken' },
  { method: 'POST', path: '/v1/certificate/sign', type: 'sessionToken' },
  { method: 'POST', path: '/v1/password/change/start', type: 'authToken' },
  { method: 'POST', path: '/v1/password/forgot/resend_code', type: 'forgotPasswordToken' },
  { method: 'POST', path: '/v1/password/forgot/verify_code', type: 'forgotPasswordToken' },
];

/** Without a token. */
export const OPEN_ENDPOINTS = [
  '/v1/account/create',
  '/v1/auth/start',
  '/v1/auth/finish',
  '/v1/raw_password/account/create',
  '/v1/raw_password/session/create',
  '/v1/raw_password/password/change',
  '/v1/recovery_email/verify_code',
  '/v1/password/forgot/send_code',
  '/v1/get_random_bytes',
];

export interface Prepared {
  account: TestAccount;
  signer: Signer;
  body?: Record<string, unknown>;
}

export async function prepare(server: TestServer, { path, type }: SignedEndpoint): Promise<Prepared> {
  const account = await createAccount(server);
  const { token, code } = await obtainToken(server, account, type);
  const body = makeBody(path, account, token, code);
  return { account, signer: { type, token }, ...(body && { body }) };
}

export async function obtainToken(
  server: TestServer,
  account: TestAccount,
  type: TokenType,
): Promise<{ token: string; code?: string }> {
  switch (type) {
    case 'authToken':
      return { token: await authenticate(server, account) };
    case 'sessionToken':
    case 'keyFetchToken':
      return { token: (await login(server, account))[type] };
    case 'accountResetToken':
      return { token: (await startPasswordChange(server, account)).accountResetToken };
    case 'forgotPasswordToken': {
      const { forgotPasswordToken, code } = await sendRecoveryCode(server, account);
      return { token: forgotPasswordToken, code };
    }
  }
}

export function resetBody(token: string, email: string, srpPW = randomBytes(32)) {
  const [srpSalt, stretchingSalt] = [randomBytes(32), randomBytes(32)];
  const verifier = Buffer.from(computeVerifier(email, srpPW, srpSalt), 'hex');
  const { requestKey } = deriveToken('accountResetToken', token);
  return {
    bundle: sealBundle(requestKey, 'account/reset', Buffer.concat([randomBytes(32), verifier])),
    srp: { type: SRP_TYPE, salt: srpSalt.toString('hex') },
    passwordStretching: { ...STRETCHING, salt: stretchingSalt.toString('hex') },
  };
}

export function makeBody(path: string, { email }: TestAccount, token: string, code: string | undefined) {
  switch (path) {
    case '/v1/account/reset':
      return resetBody(token, email);
    case '/v1/raw_password/password/reset':
      return { newPassword: 'another' };
    case '/v1/certificate/sign':
      return { publicKey: RSA_KEY, duration: 3600 };
    case '/v1/password/forgot/resend_code':
      return { email: toHex(email) };
    case '/v1/password/forgot/verify_code':
      return { code };
    default:
      return undefined;
  }
}
