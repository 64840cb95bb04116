import {
  createDiffieHellman,
  createHash,
  createHmac,
  type DiffieHellman,
  hkdfSync,
  pbkdf2Sync,
  randomBytes,
  scryptSync,
} from 'node:crypto';

/**
 * An independent implementation of the protocol's mathematics, from docs/protocol.md over node:crypto and
 * BigInt. It shares no code with the server and the client, so it detects errors that both have.
 */

export type TokenType =
  | 'sessionToken'
  | 'keyFetchToken'
  | 'authToken'
  | 'accountResetToken'
  | 'forgotPasswordToken';

/** RFC 5054, appendix A, 2048 bits. */
export const N = BigInt(
  `0x${[
    'AC6BDB41324A9A9BF166DE5E1389582FAF72B6651987EE07FC3192943DB56050A37329CBB4A099ED8193E0757767A13D',
    'D52312AB4B03310DCD7F48A9DA04FD50E8083969EDB767B0CF6095179A163AB3661A05FBD5FAAAE82918A9962F0B93B8',
    '55F97993EC975EEAA80D740ADBF4FF747359D041D5C33EA71D281E446B14773BCA97B43A23FB801676BD207A436C6481',
    'F1D2B9078717461A5B9D32E688F87748544523B524B0D57D5EA77A2775D2ECFA032CFBDBF52FB3786160279004E57AE6',
    'AF874E7303CE53299CCC041C7BC308D82A5698F3A8D0C38271AE35F8E9DBFBB694B5C803D89F7AE435DE236D525F5475',
    '9B65E372FCD68EF20FA7111F9E4AFF73',
  ].join('')}`,
);
const GENERATOR = 2n;

/** HKDF with SHA-256 (RFC 5869) and the protocol's name prefix. */
export function hkdf(secret: Buffer, name: string, length: number, salt: Buffer = Buffer.alloc(32)): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, `identity.mozilla.com/picl/v1/${name}`, length));
}

/** @param token 64 hex digits */
export function deriveToken(type: TokenType, token: string) {
  const derived = hkdf(Buffer.from(token, 'hex'), type, 96);
  return {
    id: derived.toString('hex', 0, 32),
    key: derived.subarray(32, 64),
    requestKey: derived.subarray(64),
  };
}

/** `ciphertext | HMAC`, in hex. */
export function sealBundle(key: Buffer, context: string, plaintext: Buffer): string {
  const keys = hkdf(key, context, 32 + plaintext.length);
  const ciphertext = xor(plaintext, keys.subarray(32));
  const mac = createHmac('sha256', keys.subarray(0, 32)).update(ciphertext).digest();
  return Buffer.concat([ciphertext, mac]).toString('hex');
}

/** Returns pieces of 32 bytes. @throws Error when the MAC is wrong */
export function openBundle(key: Buffer, context: string, bundle: string): Buffer[] {
  const bytes = Buffer.from(bundle, 'hex');
  const ciphertext = bytes.subarray(0, -32);
  const keys = hkdf(key, context, 32 + ciphertext.length);
  const mac = createHmac('sha256', keys.subarray(0, 32)).update(ciphertext).digest();
  if (!mac.equals(bytes.subarray(-32))) throw new Error(`the MAC of the ${context} bundle is wrong`);
  const plaintext = xor(ciphertext, keys.subarray(32));
  return Array.from({ length: plaintext.length / 32 }, (_, i) => plaintext.subarray(32 * i, 32 * i + 32));
}

export function stretch(email: string, password: string, stretchingSalt: Buffer) {
  const derived = hkdf(stretchPassword(email, password), 'mainKDF', 64, stretchingSalt);
  return { srpPW: derived.subarray(0, 32), unwrapBKey: derived.subarray(32) };
}

/** A stretch takes 0.2 s of CPU, and tests log in repeatedly. */
const stretched = new Map<string, Buffer>();

function stretchPassword(email: string, password: string): Buffer {
  const known = stretched.get(JSON.stringify([email, password]));
  if (known) return known;
  const salt = (name: string) => `identity.mozilla.com/picl/v1/${name}:${email}`;
  const K1 = pbkdf2Sync(password, salt('first-PBKDF'), 20_000, 32, 'sha256');
  const limits = { N: 65_536, r: 8, p: 1, maxmem: 2 ** 27 };
  const K2 = scryptSync(K1, 'identity.mozilla.com/picl/v1/scrypt', 32, limits);
  const seed = Buffer.concat([K2, Buffer.from(password)]);
  const stretchedPW = pbkdf2Sync(seed, salt('second-PBKDF'), 20_000, 32, 'sha256');
  stretched.set(JSON.stringify([email, password]), stretchedPW);
  return stretchedPW;
}

/** `v = g^x mod N`, 512 hex digits. */
export function computeVerifier(email: string, srpPW: Buffer, srpSalt: Buffer): string {
  return pad(power(GENERATOR, computeX(email, srpPW, srpSalt))).toString('hex');
}

/** Returns the parameters of auth/finish in hex, and K. @param a the client's secret */
export function answerChallenge(
  { email, srpPW, srpSalt, B }: { email: string; srpPW: Buffer; srpSalt: Buffer; B: string },
  a = toInteger(randomBytes(32)),
) {
  const A = pad(power(GENERATOR, a));
  const k = toInteger(sha256(pad(N), pad(GENERATOR)));
  const x = computeX(email, srpPW, srpSalt);
  const u = toInteger(sha256(A, Buffer.from(B, 'hex')));
  const base = (((BigInt(`0x${B}`) - k * power(GENERATOR, x)) % N) + N) % N;
  const S = pad(power(base, a + u * x));
  const M = sha256(A, Buffer.from(B, 'hex'), S).toString('hex');
  return { A: A.toString('hex'), M, K: sha256(S) };
}

export function pad(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(512, '0'), 'hex');
}

export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)));
}

function computeX(email: string, srpPW: Buffer, srpSalt: Buffer): bigint {
  return toInteger(sha256(srpSalt, sha256(Buffer.from(`${email}:`), srpPW)));
}

function sha256(...parts: Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function toInteger(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

let group: DiffieHellman | undefined;

function power(base: bigint, exponent: bigint): bigint {
  // OpenSSL: BigInt takes ten times as long, and the tests compute hundreds of powers.
  group ??= createDiffieHellman(pad(N), pad(GENERATOR));
  group.setPrivateKey(pad(exponent));
  return toInteger(group.computeSecret(pad(base)));
}
