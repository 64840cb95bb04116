import { readFileSync } from 'node:fs';
import t from 'tap';
import { openBundle, sealBundle } from '../../protocol/bundle.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import {
  bigintModPow,
  computeA,
  computeB,
  computeClientProof,
  computeServerProof,
  computeVerifier,
  SRP_N_HEX,
} from '../../protocol/srp.js';
import { deriveMainKeys } from '../../protocol/stretching.js';
import { deriveTokenKeys, type HawkTokenType } from '../../protocol/tokens.js';

const vectors = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const { stretching, srp, tokens, bundles } = vectors;

t.test('the SRP group is that of the vectors', async (t) => {
  t.equal(SRP_N_HEX, srp.N);
});

t.test('mainKDF yields srpPW and unwrapBKey', async (t) => {
  const keys = deriveMainKeys(fromHex(stretching.stretchedPW), fromHex(stretching.passwordStretchingSalt));
  t.equal(toHex(keys.srpPW), stretching.srpPW);
  t.equal(toHex(keys.unwrapBKey), stretching.unwrapBKey);
});

t.test('both sides of SRP agree with the vectors, including leading zero bytes', async (t) => {
  const email = fromHex(stretching.email);
  const srpPW = fromHex(stretching.srpPW);
  const srpSalt = fromHex(srp.srpSalt);
  const verifier = computeVerifier(bigintModPow, srpSalt, email, srpPW);
  t.equal(toHex(verifier), srp.verifier);
  const [a, b] = [fromHex(srp.a), fromHex(srp.b)];
  const A = computeA(bigintModPow, a);
  const B = computeB(bigintModPow, verifier, b);
  t.equal(toHex(A), srp.A);
  t.equal(toHex(B), srp.B);
  for (const proof of [
    computeServerProof(bigintModPow, { A, B, b, verifier }),
    computeClientProof(bigintModPow, { a, A, B, srpSalt, email, srpPW }),
  ]) {
    t.equal(toHex(proof.M), srp.M);
    t.equal(toHex(proof.K), srp.K);
  }
});

t.test('A = 0 mod N is refused before use', async (t) => {
  const verifier = fromHex(srp.verifier);
  for (const A of [new Uint8Array(256), fromHex(SRP_N_HEX)]) {
    t.throws(() => computeServerProof(bigintModPow, { A, B: fromHex(srp.B), b: fromHex(srp.b), verifier }));
  }
});

t.test('token keys agree with the vectors', async (t) => {
  for (const [type, expected] of Object.entries<Record<string, string>>(tokens)) {
    const keys = deriveTokenKeys(type as HawkTokenType, fromHex(expected.token as string));
    t.equal(toHex(keys.tokenID), expected.tokenID);
    t.equal(toHex(keys.reqHMACkey), expected.reqHMACkey);
    t.equal(toHex(keys.requestKey), expected.requestKey);
  }
});

t.test('bundles agree with the vectors, and any flipped bit is refused', async (t) => {
  for (const { context, key, plaintext, bundle } of bundles) {
    const sealed = sealBundle(fromHex(key), context, fromHex(plaintext));
    t.equal(toHex(sealed), bundle);
    t.equal(toHex(openBundle(fromHex(key), context, sealed) ?? new Uint8Array()), plaintext);
    for (let i = 0; i < sealed.length; i += 7) {
      const tampered = sealed.slice();
      tampered[i] = (tampered[i] as number) ^ 0x80;
      t.equal(openBundle(fromHex(key), context, tampered), undefined);
    }
  }
});
