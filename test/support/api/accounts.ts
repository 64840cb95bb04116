import { randomBytes } from 'node:crypto';
import { answerChallenge, computeVerifier, deriveToken, openBundle, stretch } from './protocol-math.js';
import { type Reply, type ReplyBody, send } from './send.js';
import type { TestServer } from './start-server.js';

export const SRP_TYPE = 'SRP-6a/SHA256/2048/v1';

/** The only stretching parameters there are. */
export const STRETCHING = {
  type: 'PBKDF2/scrypt/PBKDF2/v1',
  PBKDF2_rounds_1: 20000,
  scrypt_N: 65536,
  scrypt_r: 8,
  scrypt_p: 1,
  PBKDF2_rounds_2: 20000,
} as const;

/** An account that tests opened over SRP. Where stretching is not the subject, srpPW is any 32 bytes. */
export interface TestAccount {
  email: string;
  srpPW: Buffer;
  unwrapBKey: Buffer;
  uid: string;
}

/** A device that is logged in. */
export interface TestSession {
  uid: string;
  verified: boolean;
  sessionToken: string;
  keyFetchToken: string;
}

/** Returns an unused address. */
export function makeEmail(): string {
  return `user-${randomBytes(6).toString('hex')}@example.org`;
}

export function toHex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** The body of account/create for an address and an srpPW. */
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

/** Accounts that are not made yet, with their bodies of account/create: a load that is the server's alone. */
export function prepareAccounts(count: number) {
  return Array.from({ length: count }, () => {
    const email = makeEmail();
    return { email, body: accountBody(email, randomBytes(32)) };
  });
}

/**
 * Opens an account over SRP, and verifies it unless told otherwise.
 * @param options.password stretched, a quarter of a CPU second, so that the account works with both login methods
 */
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

/** Gives back the code that was mailed to an account. */
export async function verifyAccount(server: TestServer, uid: string): Promise<void> {
  const code = await server.mailbox.readCode('x-verify-code', uid);
  accept(await send(server, '/v1/recovery_email/verify_code', { body: { uid, code } }));
}

/** The answer to auth/start as auth/finish takes it, and what opens its bundle. */
export async function startAuthentication(
  server: TestServer,
  { email, srpPW }: Pick<TestAccount, 'email' | 'srpPW'>,
) {
  const { srpToken, srp } = accept(await send(server, '/v1/auth/start', { body: { email: toHex(email) } }));
  const { A, M, K } = answerChallenge({ email, srpPW, srpSalt: Buffer.from(srp.salt, 'hex'), B: srp.B });
  return { finish: { srpToken, A, M }, K };
}

/** Proves the password. @returns the authToken, 64 hex digits */
export async function authenticate(
  server: TestServer,
  account: Pick<TestAccount, 'email' | 'srpPW'>,
): Promise<string> {
  const { finish, K } = await startAuthentication(server, account);
  const { bundle } = accept(await send(server, '/v1/auth/finish', { body: finish }));
  return openTokens(K, 'auth/finish', bundle)[0];
}

/** Logs a device in over SRP. */
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

/** Asks for a recovery code. @returns the token and the mailed code */
export async function sendRecoveryCode(
  server: TestServer,
  { email, uid }: Pick<TestAccount, 'email' | 'uid'>,
) {
  const { forgotPasswordToken } = accept(
    await send(server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } }),
  );
  return { forgotPasswordToken, code: await server.mailbox.readCode('x-recovery-code', uid) };
}

/** A token to reset the account with, by password/change/start, with the keyFetchToken that comes along. */
export async function startPasswordChange(server: TestServer, account: Pick<TestAccount, 'email' | 'srpPW'>) {
  const token = await authenticate(server, account);
  const { bundle } = accept(
    await send(server, '/v1/password/change/start', { signer: { type: 'authToken', token } }),
  );
  const { requestKey } = deriveToken('authToken', token);
  const [keyFetchToken, accountResetToken] = openTokens(requestKey, 'password/change', bundle);
  return { keyFetchToken, accountResetToken };
}

/** The tokens in a bundle, in hex; of one token the second is empty. */
export function openTokens(key: Buffer, context: string, bundle: string): [string, string] {
  const [first, second] = openBundle(key, context, bundle).map((token) => token.toString('hex'));
  return [first ?? '', second ?? ''];
}

/** The body of a reply. @throws Error when the server refused */
export function accept({ status, body, text }: Reply): ReplyBody {
  if (status !== 200) throw new Error(`the server refused: ${status} ${text}`);
  return body;
}
