import { randomBytes, randomUUID } from 'node:crypto';
import { emailToBytes, emailToHex } from '../../client/email.js';
import { deriveHawkCredentials, type HawkCredentials } from '../../client/hawk.js';
import { KeyServerClient } from '../../client/key-server-client.js';
import { toHex } from '../../protocol/hex.js';
import { computeVerifier, type ModPow, SRP_TYPE } from '../../protocol/srp.js';
import { STRETCHING_PARAMETERS } from '../../protocol/stretching.js';
import { createGroupModPow } from '../../workers/thread/engines/openssl-mod-pow.js';
import type { ServerProcess } from '../server/server-process.js';
import { takeMailedCodes } from './mail-folder.js';

/** Modular exponentiation of the SRP client. */
export const modPow: ModPow = createGroupModPow();

/** An account of an SRP client. srpPW is random, so that its creation needs no stretch. */
export interface SrpAccount {
  email: string;
  emailHex: string;
  uid: string;
  srpPW: Uint8Array;
  srpSalt: Uint8Array;
}

/** An account of a raw-password client. */
export interface RawAccount {
  email: string;
  emailHex: string;
  uid: string;
  password: string;
}

/** Creates an account without a stretch. */
export async function createSrpAccount({ url }: ServerProcess): Promise<SrpAccount> {
  const email = newAddress();
  const [srpPW, srpSalt, stretchingSalt] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const verifier = toHex(computeVerifier(modPow, srpSalt, emailToBytes(email), srpPW));
  const { uid } = await new KeyServerClient({ url }).account.create({
    email: emailToHex(email),
    srp: { type: SRP_TYPE, verifier, salt: toHex(srpSalt) },
    passwordStretching: { ...STRETCHING_PARAMETERS, salt: toHex(stretchingSalt) },
  });
  return { email, emailHex: emailToHex(email), uid, srpPW, srpSalt };
}

/** Creates an account with a password, which the server stretches. */
export async function createRawAccount({ url }: ServerProcess): Promise<RawAccount> {
  const email = newAddress();
  const password = randomBytes(12).toString('base64');
  const request = { email: emailToHex(email), password };
  const { uid } = await new KeyServerClient({ url }).rawPassword.createAccount(request);
  return { email, emailHex: emailToHex(email), uid, password };
}

/** Creates accounts one after another. */
export async function createMany<Account>(count: number, create: () => Promise<Account>): Promise<Account[]> {
  const accounts: Account[] = [];
  while (accounts.length < count) accounts.push(await create());
  return accounts;
}

/** Verifies accounts with their mailed codes. */
export async function verifyAccounts(server: ServerProcess, accounts: { uid: string }[]): Promise<void> {
  const uids = accounts.map(({ uid }) => uid);
  const { recoveryEmail } = new KeyServerClient({ url: server.url });
  for (const [uid, code] of await takeMailedCodes(server, 'X-Verify-Code', uids)) {
    await recoveryEmail.verifyCode(uid, code);
  }
}

/** Derives the credentials that sign requests of a session. @param sessionToken 64 hex digits */
export function sessionCredentials(sessionToken: string): HawkCredentials {
  return deriveHawkCredentials('sessionToken', sessionToken);
}

/** Generates an unused address. */
export function newAddress(): string {
  return `${randomUUID()}@example.com`;
}
