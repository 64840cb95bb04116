import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { emailToBytes, emailToHex } from '../../client/email.js';
import { createFileMailbox } from '../../client/example/mailbox.js';
import { deriveHawkCredentials, type HawkCredentials } from '../../client/hawk.js';
import { KeyServerClient } from '../../client/key-server-client.js';
import { toHex } from '../../protocol/hex.js';
import { computeVerifier, type ModPow, SRP_TYPE } from '../../protocol/srp.js';
import { STRETCHING_PARAMETERS } from '../../protocol/stretching.js';
import { createOpensslModPow } from '../../workers/thread/engines/openssl.js';
import type { ServerProcess } from '../server/server-process.js';

/** The bench's own arithmetic, for the client's half of SRP. */
export const modPow: ModPow = createOpensslModPow();

/** An account of a device that stretches for itself. Nobody ever stretched its password: srpPW is random. */
export interface SrpAccount {
  email: string;
  emailHex: string;
  uid: string;
  srpPW: Uint8Array;
  srpSalt: Uint8Array;
}

/** An account whose password the server stretches. */
export interface RawAccount {
  email: string;
  emailHex: string;
  uid: string;
  password: string;
}

/** Creates an account that costs no stretch. */
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

/** Creates an account with a password; the server stretches it. */
export async function createRawAccount({ url }: ServerProcess): Promise<RawAccount> {
  const email = newAddress();
  const password = randomBytes(12).toString('base64');
  const request = { email: emailToHex(email), password };
  const { uid } = await new KeyServerClient({ url }).rawPassword.createAccount(request);
  return { email, emailHex: emailToHex(email), uid, password };
}

/** Creates so many accounts, one after the other: what is measured is elsewhere. */
export async function createMany<Account>(count: number, create: () => Promise<Account>): Promise<Account[]> {
  const accounts: Account[] = [];
  while (accounts.length < count) accounts.push(await create());
  return accounts;
}

/** The code of the newest mail of a kind to an account, which the server writes into its data folder. */
export function readMailedCode(
  { dataDir }: ServerProcess,
  header: 'X-Verify-Code' | 'X-Recovery-Code',
  account: { email: string; uid: string },
): Promise<string> {
  return createFileMailbox(join(dataDir, 'mail')).readCode(header, account);
}

/** Verifies an account with the code mailed to it. */
export async function verifyAccount(server: ServerProcess, account: SrpAccount | RawAccount): Promise<void> {
  const code = await readMailedCode(server, 'X-Verify-Code', account);
  await new KeyServerClient({ url: server.url }).recoveryEmail.verifyCode(account.uid, code);
}

/** The credentials that sign requests of a session. @param sessionToken 64 hex digits */
export function sessionCredentials(sessionToken: string): HawkCredentials {
  return deriveHawkCredentials('sessionToken', sessionToken);
}

function newAddress(): string {
  return `${randomUUID()}@example.com`;
}
