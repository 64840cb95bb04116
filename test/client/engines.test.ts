import { readFileSync } from 'node:fs';
import t from 'tap';
import { createBrowserEngine } from '../../client/browser-engine.js';
import { createNodeEngine } from '../../client/node-engine.js';
import type { Scrypt } from '../../client/stretcher.js';
import { fromHex, toHex } from '../../protocol/hex.js';
import { computeA, computeClientProof, computeVerifier } from '../../protocol/srp.js';
import { deriveMainKeys } from '../../protocol/stretching.js';

const { stretching, srp } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const email = fromHex(stretching.email);
const password = fromHex(stretching.password);

for (const [name, engine] of [
  ['node', createNodeEngine()],
  ['browser', createBrowserEngine()],
] as const) {
  t.test(`the ${name} engine agrees with the stretching vectors`, async (t) => {
    const stretchedPW = await engine.stretch(email, password);
    t.equal(toHex(stretchedPW), stretching.stretchedPW);
    const { srpPW, unwrapBKey } = deriveMainKeys(stretchedPW, fromHex(stretching.passwordStretchingSalt));
    t.equal(toHex(srpPW), stretching.srpPW);
    t.equal(toHex(unwrapBKey), stretching.unwrapBKey);
    t.equal(toHex(password), stretching.password, 'the caller wipes the password');
  });

  t.test(`the ${name} engine computes the client half of SRP`, async (t) => {
    const srpSalt = fromHex(srp.srpSalt);
    const srpPW = fromHex(stretching.srpPW);
    t.equal(toHex(computeVerifier(engine.modPow, srpSalt, email, srpPW)), srp.verifier);
    const a = fromHex(srp.a);
    const A = computeA(engine.modPow, a);
    t.equal(toHex(A), srp.A);
    const proof = computeClientProof(engine.modPow, { a, A, B: fromHex(srp.B), srpSalt, email, srpPW });
    t.equal(toHex(proof.M), srp.M);
    t.equal(toHex(proof.K), srp.K);
  });
}

t.test('the browser engine uses the given scrypt and wipes its inputs', async (t) => {
  const seen: Uint8Array[] = [];
  const scrypt: Scrypt = async (input) => {
    t.match(input, { N: 65536, r: 8, p: 1, length: 32 });
    t.equal(toHex(input.password), stretching.K1);
    const K2 = fromHex(stretching.K2);
    seen.push(input.password, K2);
    return K2;
  };
  const stretchedPW = await createBrowserEngine(scrypt).stretch(email, password);
  t.equal(toHex(stretchedPW), stretching.stretchedPW);
  for (const secret of seen) t.equal(toHex(secret), '00'.repeat(32));
});
