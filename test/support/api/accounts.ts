import { randomBytes } from 'node:crypto';
import { answerChallenge, computeVerifier, deriveToken, openBundle, stretch } from './protocol-math.js';
import { type Reply, type ReplyBody, send } from './send.js';
import type { TestServer } from './start-server.js';

export const SRP_TYPE = 'SRP-6a/SHA256/2048/v1';

export const STRETCHING = {
  type: 'PBKDF2/scrypt/PBKDF2/v1',
  PBKDF2_rounds_1: 20000,
  scrypt_N: 65536,
  scrypt_r: 8,
  scrypt_p: 1,
  PBKDF2_rounds_2: 20000,
} as const;

/** `srpPW` is random unless a test stretches a password. */
export interface TestAccount {
  email: string;
  srpPW: Buffer;
  unwrapBKey: Buffer;
  uid: string;
}

export interface TestSession {
  uid: string;
  verified: boolean;
  sessionToken: string;
  keyFetchToken: string;
}

export function makeEmail(): string {
  return `user-${randomBytes(6).toString('hex')}@example.org`;
}

export function toHex(text: string): string {
  return Buffer.from(text).toString('hex');
}

export function accountBody(email: string, srpPW: Buffer, stretchingSalt = randomBytes(32)) {
  const srpSalt = randomBytes(32);
  return {
    email: toHex(email),
    srp: {
      type: SRP_TYPE,
      verifier: computeVerifier(email, srpPW, srpSalt),
      salt: srpSalt.toString('hex'),
    },
    passwordStretching: { ...STRETCHING, salt: stretchingSalt.toString('hex') },
  };
}

/** Computes the bodies in advance, so that a test loads only the server. */
export function prepareAccounts(count: number) {
  return Array.from({ length: count }, () => {
    const email = makeEmail();
    return { email, body: accountBody(email, randomBytes(32)) };
  });
}

/** Creates a verified account through SRP. With a stretched `password` it works with both login methods. */
export async function createAccount(
  server: TestServer,
  options: { verified?: boolean; email?: string; password?: string } = {},
): Promise<TestAccount> {
  const { verified = true, email = makeEmail(), password } = options;
  const stretchingSalt = randomBytes(32);
  const { srpPW, unwrapBKey } =
    password === undefined
      ? { srpPW: randomBytes(32), unwrapBKey: randomBytes(32) }
      : stretch(email, password, stretchingSalt);
  const body = accountBody(email, srpPW, stretchingSalt);
  const { uid } = accept(await send(server, '/v1/account/create', { body }));
  if (verified) await verifyAccount(server, uid);
  return { email, srpPW, unwrapBKey, uid };
}

export async function verifyAccount(server: TestServer, uid: string): Promise<void> {
  const code = await server.mailbox.readCode('x-verify-code', uid);
  accept(await send(server, '/v1/recovery_email/verify_code', { body: { uid, code } }));
}

/** Returns the parameters of auth/finish and the key that opens its bundle. */
export async function startAuthentication(
  server: TestServer,
  { email, srpPW }: Pick<TestAccount, 'email' | 'srpPW'>,
) {
  const { srpToken, srp } = accept(await send(server, '/v1/auth/start', { body: { email: toHex(email) } }));
  const { A, M, K } = answerChallenge({ email, srpPW, srpSalt: Buffer.from(srp.salt, 'hex'), B: srp.B });
  return { finish: { srpToken, A, M }, K };
}

/** Returns the authToken, 64 hex digits. */
export async function authenticate(
  server: TestServer,
  account: Pick<TestAccount, 'email' | 'srpPW'>,
): Promise<string> {
  const { finish, K } = await startAuthentication(server, account);
  const { bundle } = accept(await send(server, '/v1/auth/finish', { body: finish }));
  return openTokens(K, 'auth/finish', bundle)[0];
}

export async function login(
  server: TestServer,
  account: Pick<TestAccount, 'email' | 'srpPW'>,
  device?: { name: string; type: string },
): Promise<TestSession> {
  const token = await authenticate(server, account);
  const body = device && { device };
  const reply = accept(
    await send(server, '/v1/session/create', { signer: { type: 'authToken', token }, body }),
  );
  const { requestKey } = deriveToken('authToken', token);
  const [keyFetchToken, sessionToken] = openTokens(requestKey, 'session/create', reply.bundle);
  return { uid: reply.uid, verified: reply.verified, sessionToken, keyFetchToken };
}

export async function sendRecoveryCode(
  server: TestServer,
  { email, uid }: Pick<TestAccount, 'email' | 'uid'>,
) {
  const { forgotPasswordToken } = accept(
    await send(server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } }),
  );
  return { forgotPasswordToken, code: await server.mailbox.readCode('x-recovery-code', uid) };
}

export async function startPasswordChange(server: TestServer, account: Pick<TestAccount, 'email' | 'srpPW'>) {
  const token = await authenticate(server, account);
  const { bundle } = accept(
    await send(server, '/v1/password/change/start', { signer: { type: 'authToken', token } }),
  );
  const { requestKey } = deriveToken('authToken', token);
  const [keyFetchToken, accountResetToken] = openTokens(requestKey, 'password/change', bundle);
  return { keyFetchToken, accountResetToken };
}

/** In hex. The second is empty for a bundle of one token. */
export function openTokens(key: Buffer, context: string, bundle: string): [string, string] {
  const [first, second] = openBundle(key, context, bundle).map((token) => token.toString('hex'));
  return [first ?? '', second ?? ''];
}

export function accept({ status, body, text }: Reply): ReplyBody {
  if (status !== 200) throw new Error(`the server refused: ${status} ${text}`);
  return body;
}
