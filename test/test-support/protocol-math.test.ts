import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  answerChallenge,
  computeVerifier,
  deriveToken,
  openBundle,
  sealBundle,
  stretch,
  type TokenType,
} from '../support/api/protocol-math.js';

const vectors = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const bytes = (hex: string) => Buffer.from(hex, 'hex');
const email = bytes(vectors.stretching.email).toString();

t.test('the tests’ protocol mathematics agrees with the vectors', async (t) => {
  const { password, passwordStretchingSalt, srpPW, unwrapBKey } = vectors.stretching;
  const stretched = stretch(email, bytes(password).toString(), bytes(passwordStretchingSalt));
  t.equal(stretched.srpPW.toString('hex'), srpPW);
  t.equal(stretched.unwrapBKey.toString('hex'), unwrapBKey);

  const { srpSalt, verifier, a, A, B, M, K } = vectors.srp;
  t.equal(computeVerifier(email, bytes(srpPW), bytes(srpSalt)), verifier);
  const exchange = { email, srpPW: bytes(srpPW), srpSalt: bytes(srpSalt), B };
  t.same(answerChallenge(exchange, BigInt(`0x${a}`)), { A, M, K: bytes(K) });

  for (const [type, expected] of Object.entries<Record<string, string>>(vectors.tokens)) {
    const { id, key, requestKey } = deriveToken(type as TokenType, expected.token as string);
    t.equal(id, expected.tokenID);
    t.equal(key.toString('hex'), expected.reqHMACkey);
    t.equal(requestKey.toString('hex'), expected.requestKey);
  }
  for (const { context, key, plaintext, bundle } of vectors.bundles) {
    t.equal(sealBundle(bytes(key), context, bytes(plaintext)), bundle);
    t.equal(Buffer.concat(openBundle(bytes(key), context, bundle)).toString('hex'), plaintext);
  }
});
