import { randomBytes, randomUUID } from 'node:crypto';
import { emailToBytes, emailToHex } from '../../client/email.js';
import { KeyServerClient } from '../../client/key-server-client.js';
import { toHex } from '../../protocol/hex.js';
import { computeVerifier, type ModPow, SRP_TYPE } from '../../protocol/srp.js';
import { STRETCHING_PARAMETERS } from '../../protocol/stretching.js';
import { createGroupModPow } from '../../workers/thread/engines/openssl-mod-pow.js';
import type { ServerProcess } from '../server/server-process.js';
import { takeMailedCodes } from './mail-folder.js';

export const modPow: ModPow = createGroupModPow();

/** srpPW is random, so that creating the account needs no stretch. */
export interface SrpAccount {
  email: string;
  emailHex: string;
  uid: string;
  srpPW: Uint8Array;
  srpSalt: Uint8Array;
}

export interface RawAccount {
  emailHex: string;
  password: string;
}

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

/** Creates an account whose password the server stretches. */
export async function createRawAccount({ url }: ServerProcess): Promise<RawAccount> {
  const account = { emailHex: emailToHex(newAddress()), password: randomBytes(12).toString('base64') };
  const { emailHex: email, password } = account;
  await new KeyServerClient({ url }).rawPassword.createAccount({ email, password });
  return account;
}

export async function createMany<Account>(count: number, create: () => Promise<Account>): Promise<Account[]> {
  const accounts: Account[] = [];
  while (accounts.length < count) accounts.push(await create());
  return accounts;
}

export async function verifyAccounts(server: ServerProcess, accounts: { uid: string }[]): Promise<void> {
  const uids = accounts.map(({ uid }) => uid);
  const { recoveryEmail } = new KeyServerClient({ url: server.url });
  for (const [uid, code] of await takeMailedCodes(server, 'X-Verify-Code', uids)) {
    await recoveryEmail.verifyCode(uid, code);
  }
}

export function newAddress(): string {
  return `${randomUUID()}@example.com`;
}
