import { toHex } from '../protocol/hex.js';
import {
  computeA,
  computeClientProof,
  isZeroModN,
  SRP_BYTES,
  SRP_SECRET_BYTES,
  SRP_TYPE,
} from '../protocol/srp.js';
import { deriveMainKeys, STRETCHED_BYTES, STRETCHING_PARAMETERS } from '../protocol/stretching.js';
import { emailFromHex, emailToBytes, emailToHex, isSameAccount } from './email.js';
import type { AuthStartReply } from './endpoints/auth.js';
import { ProtocolError } from './errors.js';
import type { KeyServerClient } from './key-server-client.js';
import { passwordToBytes } from './new-credentials.js';
import { randomBytes } from './random.js';
import type { Engine } from './stretcher.js';
import { openValues } from './token-bundles.js';
import { readHex } from './wire.js';

export interface Authentication {
  /** Valid for one request within 10 minutes. */
  authToken: string;
  /** The stored address, from which keys are derived. */
  email: string;
  unwrapBKey: Uint8Array;
}

/**
 * Proves knowledge of a password over SRP (docs/protocol.md, "SRP-6a/SHA256/2048/v1"). When the address
 * differs in case from the stored one, the password is stretched again with the stored one.
 * @throws ApiError 102 or 103; ConnectionError; ProtocolError when the server does not know the verifier
 */
export async function authenticate(
  client: KeyServerClient,
  engine: Engine,
  email: string,
  password: string,
): Promise<Authentication> {
  const passwordBytes = passwordToBytes(password);
  // Stretch before auth/start: the srpToken expires after 60 s, and a phone stretches slowly.
  let stretchedPW = await engine.stretch(emailToBytes(email), passwordBytes);
  try {
    let started = await startAuthentication(client, email);
    if (started.email !== email) {
      stretchedPW.fill(0);
      stretchedPW = await engine.stretch(emailToBytes(started.email), passwordBytes);
      // The srpToken may have expired during the stretch.
      started = await startAuthentication(client, started.email);
    }
    const mainKeys = deriveMainKeys(stretchedPW, readStretchingSalt(started.reply));
    const authToken = await finishAuthentication(client, engine, started, mainKeys.srpPW);
    return { authToken, email: started.email, unwrapBKey: mainKeys.unwrapBKey };
  } finally {
    stretchedPW.fill(0);
    passwordBytes.fill(0);
  }
}

/** Calls auth/start. Returns the stored address. @throws ApiError 102; ProtocolError for another account */
export async function startAuthentication(
  client: KeyServerClient,
  email: string,
): Promise<{ email: string; reply: AuthStartReply }> {
  const reply = await client.auth.start(emailToHex(email));
  return { email: reply.email === undefined ? email : readStoredEmail(reply.email, email), reply };
}

/** Decodes the stored address of a reply. @throws ProtocolError when it belongs to another account */
export function readStoredEmail(hex: string, typed: string): string {
  const stored = emailFromHex(hex);
  if (!isSameAccount(stored, typed)) throw new ProtocolError('the server answered for another address');
  return stored;
}

async function finishAuthentication(
  client: KeyServerClient,
  engine: Engine,
  { email, reply }: { email: string; reply: AuthStartReply },
  srpPW: Uint8Array,
): Promise<string> {
  if (reply.srp.type !== SRP_TYPE) throw new ProtocolError(`srp.type must be ${SRP_TYPE}`);
  const srpSalt = readHex('srp.salt', reply.srp.salt, STRETCHED_BYTES);
  const B = readHex('srp.B', reply.srp.B, SRP_BYTES);
  if (isZeroModN(B)) throw new ProtocolError('srp.B must not be 0 mod N');
  const a = randomBytes(SRP_SECRET_BYTES);
  const A = computeA(engine.modPow, a);
  const proof = computeClientProof(engine.modPow, { a, A, B, srpSalt, email: emailToBytes(email), srpPW });
  try {
    const request = { srpToken: reply.srpToken, A: toHex(A), M: toHex(proof.M) };
    const { bundle } = await client.auth.finish(request);
    // Only a server that knows the verifier has K, so a bundle that opens proves it.
    const [authToken] = openValues(proof.K, 'auth/finish', bundle, 1) as [Uint8Array];
    return toHex(authToken);
  } finally {
    for (const secret of [a, srpPW, proof.K]) secret.fill(0);
  }
}

/** Checks the parameters: others would let the server request a weak or an endless stretch. */
function readStretchingSalt({ passwordStretching }: AuthStartReply): Uint8Array {
  for (const [name, value] of Object.entries(STRETCHING_PARAMETERS)) {
    if (passwordStretching[name as keyof typeof STRETCHING_PARAMETERS] !== value) {
      throw new ProtocolError(`passwordStretching.${name} must be ${value}`);
    }
  }
  return readHex('passwordStretching.salt', passwordStretching.salt, STRETCHED_BYTES);
}
