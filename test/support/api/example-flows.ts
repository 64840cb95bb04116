import { randomBytes } from 'node:crypto';
import { accept, accountBody, makeEmail, openTokens, SRP_TYPE, STRETCHING, toHex } from './accounts.js';
import { type PublicKey, RSA_KEY, readCertificate } from './certificates.js';
import {
  answerChallenge,
  computeVerifier,
  deriveToken,
  openBundle,
  sealBundle,
  stretch,
  xor,
} from './protocol-math.js';
import { type ReplyBody, type Signer, send } from './send.js';
import type { TestServer } from './start-server.js';

/** Sends and records requests of the API document. */
export class Flow {
  readonly sent: string[] = [];

  constructor(
    readonly server: TestServer,
    readonly publicKey: PublicKey = RSA_KEY,
  ) {}

  post(path: string, body?: object, signer?: Signer): Promise<ReplyBody> {
    return this.#send('POST', path, body, signer);
  }

  get(path: string, signer: Signer): Promise<ReplyBody> {
    return this.#send('GET', path, undefined, signer);
  }

  async #send(method: 'GET' | 'POST', path: string, body?: object, signer?: Signer): Promise<ReplyBody> {
    this.sent.push(`${method} ${path}`);
    return accept(await send(this.server, `/v1${path}`, { method, body, signer }));
  }
}

export interface User {
  email: string;
  password: string;
  uid: string;
}

export interface Device {
  sessionToken: string;
  kA: string;
  kB: string;
}

/** "Create account" of the API document, without its session. */
export async function createOverSrp(
  flow: Flow,
  password: string,
  email: string = makeEmail(),
): Promise<User> {
  const { data } = await flow.post('/get_random_bytes');
  const stretchingSalt = Buffer.from(data as string, 'hex');
  const { srpPW } = stretch(email, password, stretchingSalt);
  const { uid } = await flow.post('/account/create', accountBody(email, srpPW, stretchingSalt));
  return { email, password, uid };
}

export async function proveOverSrp(flow: Flow, { email, password }: Omit<User, 'uid'>) {
  const { srpToken, srp, passwordStretching } = await flow.post('/auth/start', { email: toHex(email) });
  const { srpPW, unwrapBKey } = stretch(email, password, Buffer.from(passwordStretching.salt, 'hex'));
  const { A, M, K } = answerChallenge({ email, srpPW, srpSalt: Buffer.from(srp.salt, 'hex'), B: srp.B });
  const { bundle } = await flow.post('/auth/finish', { srpToken, A, M });
  return { authToken: openTokens(K, 'auth/finish', bundle)[0], unwrapBKey };
}

export async function openSession(flow: Flow, authToken: string) {
  const { bundle } = await flow.post('/session/create', undefined, { type: 'authToken', token: authToken });
  const { requestKey } = deriveToken('authToken', authToken);
  const [keyFetchToken, sessionToken] = openTokens(requestKey, 'session/create', bundle);
  return { keyFetchToken, sessionToken };
}

export async function fetchKeys(flow: Flow, keyFetchToken: string, unwrapBKey: Buffer) {
  const { bundle } = await flow.get('/account/keys', { type: 'keyFetchToken', token: keyFetchToken });
  const { requestKey } = deriveToken('keyFetchToken', keyFetchToken);
  const [kA, wrapKb] = openBundle(requestKey, 'account/keys', bundle) as [Buffer, Buffer];
  return { kA: kA.toString('hex'), wrapKb, kB: xor(wrapKb, unwrapBKey).toString('hex') };
}

/** @throws Error when the certificate names another account or key */
export async function certify(
  flow: Flow,
  { uid, email }: Omit<User, 'password'>,
  sessionToken: string,
): Promise<void> {
  const signer = { type: 'sessionToken', token: sessionToken } as const;
  const { publicKey, server } = flow;
  const { cert } = await flow.post('/certificate/sign', { publicKey, duration: 86_400_000 }, signer);
  const read = await readCertificate(server, cert);
  const { domain } = server.services.config;
  const expected = { email: `${uid}@${domain}`, verifiedEmail: email, publicKey: JSON.stringify(publicKey) };
  const actual = {
    email: read.principal.email,
    verifiedEmail: read['fxa-verifiedEmail'],
    publicKey: JSON.stringify(read['public-key']),
  };
  if (JSON.stringify(expected) !== JSON.stringify(actual))
    throw new Error(`wrong certificate: ${JSON.stringify(read)}`);
}

/** "Attach a new device" of the API document. */
export async function attachOverSrp(flow: Flow, user: User): Promise<Device> {
  const { authToken, unwrapBKey } = await proveOverSrp(flow, user);
  const { keyFetchToken, sessionToken } = await openSession(flow, authToken);
  const { kA, kB } = await fetchKeys(flow, keyFetchToken, unwrapBKey);
  await certify(flow, user, sessionToken);
  return { sessionToken, kA, kB };
}

/** @param wrapKb keeps kB if given */
export async function resetOverSrp(
  flow: Flow,
  { email }: Pick<User, 'email'>,
  accountResetToken: string,
  newPassword: string,
  keepKb?: { kB: string },
): Promise<void> {
  const [srpSalt, stretchingSalt] = [randomBytes(32), randomBytes(32)];
  const { srpPW, unwrapBKey } = stretch(email, newPassword, stretchingSalt);
  const wrapKb = keepKb ? xor(Buffer.from(keepKb.kB, 'hex'), unwrapBKey) : Buffer.alloc(32);
  const verifier = Buffer.from(computeVerifier(email, srpPW, srpSalt), 'hex');
  const { requestKey } = deriveToken('accountResetToken', accountResetToken);
  const body = {
    bundle: sealBundle(requestKey, 'account/reset', Buffer.concat([wrapKb, verifier])),
    srp: { type: SRP_TYPE, salt: srpSalt.toString('hex') },
    passwordStretching: { ...STRETCHING, salt: stretchingSalt.toString('hex') },
  };
  await flow.post('/account/reset', body, { type: 'accountResetToken', token: accountResetToken });
}
