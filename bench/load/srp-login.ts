import { randomBytes } from 'node:crypto';
import { emailToBytes } from '../../client/email.js';
import type { AuthFinishReply, AuthStartReply } from '../../client/endpoints/auth.js';
import { deriveHawkCredentials, type HawkCredentials } from '../../client/hawk.js';
import { deriveRequestKey, openValues } from '../../client/token-bundles.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import { computeA, computeClientProof, SRP_SECRET_BYTES } from '../../protocol/srp.js';
import { modPow, type SrpAccount } from './accounts.js';
import { postJson, signed } from './requests.js';
import type { PreparedRequest, Sender } from './sender.js';

// The client's part of a login in three steps. Nothing is sent here, so that the client's CPU is not measured.

export function startRequest({ emailHex }: SrpAccount): PreparedRequest {
  return postJson('/v1/auth/start', { email: emailHex });
}

/** Builds the second request from the first reply. K opens the reply to it. */
export function finishRequest(
  account: SrpAccount,
  startBody: string,
): { request: PreparedRequest; K: Uint8Array } {
  const { srpToken, srp } = JSON.parse(startBody) as AuthStartReply;
  const a = randomBytes(SRP_SECRET_BYTES);
  const A = computeA(modPow, a);
  const { srpPW, srpSalt } = account;
  const exchange = { a, A, B: fromHex(srp.B), srpSalt, email: emailToBytes(account.email), srpPW };
  const { M, K } = computeClientProof(modPow, exchange);
  return { request: postJson('/v1/auth/finish', { srpToken, A: toHex(A), M: toHex(M) }), K };
}

/** Opens the authToken of the second reply, 64 hex digits. */
export function openAuthToken(finishBody: string, K: Uint8Array): string {
  const { bundle } = JSON.parse(finishBody) as AuthFinishReply;
  return toHex(openValues(K, 'auth/finish', bundle, 1)[0] as Uint8Array);
}

export function sessionRequest(url: string, authToken: string): PreparedRequest {
  return signed(url, '/v1/session/create', deriveHawkCredentials('authToken', authToken), {});
}

/** Opens the credentials of the session from the third reply. */
export function openSession(sessionBody: string, authToken: string): HawkCredentials {
  const { bundle } = JSON.parse(sessionBody) as { bundle: string };
  const [, sessionToken] = openValues(deriveRequestKey('authToken', authToken), 'session/create', bundle, 2);
  return deriveHawkCredentials('sessionToken', toHex(sessionToken as Uint8Array));
}

export async function logIn(url: string, sender: Sender, account: SrpAccount): Promise<HawkCredentials> {
  const started = await sender.sendOk(startRequest(account));
  const { request, K } = finishRequest(account, started.body);
  const authToken = openAuthToken((await sender.sendOk(request)).body, K);
  return openSession((await sender.sendOk(sessionRequest(url, authToken))).body, authToken);
}
