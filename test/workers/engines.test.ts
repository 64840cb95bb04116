import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { fromHex, toHex } from '../../protocol/hex.js';
import {
  createKernel,
  createKernelMemory,
  type ScryptKernel,
  simdSupported,
} from '../../protocol/scrypt-kernel.js';
import { bigintModPow, SRP_BYTES, SRP_N_HEX } from '../../protocol/srp.js';
import { readKernel } from '../../workers/kernel/load-kernel.js';
import { createEngine } from '../../workers/thread/engines/create-engine.js';
import type { Engine } from '../../workers/thread/engines/engine.js';
import { createOpensslModPow } from '../../workers/thread/engines/openssl.js';
import { jsbnModPow } from '../../workers/thread/engines/portable.js';
import { createSimdEngine } from '../../workers/thread/engines/simd.js';
import { stretchPasswords } from '../../workers/thread/engines/stretching-chain.js';

const { stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const known = { email: fromHex(stretching.email), password: fromHex(stretching.password) };

const withSimd = { skip: !simdSupported() && 'no WebAssembly SIMD here' };
const openssl = createEngine('openssl');

/** Passwords longer than the hash's block are hashed first; the chain must not care. */
const randomInput = () => ({ email: randomBytes(randomInt(3, 60)), password: randomBytes(randomInt(1, 90)) });

t.test(
  'the simd engine stretches as in the vectors, alone and in either place of a pair',
  withSimd,
  async (t) => {
    const simd = createEngine('simd');
    const other = randomInput();
    const otherHex = toHex(openssl.stretch(other));
    t.equal(toHex(simd.stretch(known)), stretching.stretchedPW);
    t.same(simd.stretchPair?.(known, other).map(toHex), [stretching.stretchedPW, otherHex]);
    t.same(simd.stretchPair?.(other, known).map(toHex), [otherHex, stretching.stretchedPW]);
  },
);

for (const name of ['openssl', 'scrypt-js'] as const) {
  t.test(`the ${name} engine stretches as in the vectors`, async (t) => {
    t.equal(toHex(createEngine(name).stretch(known)), stretching.stretchedPW);
  });
}

t.test('all engines agree on random inputs', async (t) => {
  const [a, b] = [randomInput(), randomInput()];
  const expected = [a, b].map((input) => toHex(openssl.stretch(input)));
  const stretchEach = (engine: Engine) => [a, b].map((input) => toHex(engine.stretch(input)));
  t.same(stretchEach(createEngine('scrypt-js')), expected);
  if (!simdSupported()) return;
  const simd = createEngine('simd');
  t.same(stretchEach(simd), expected);
  t.same(simd.stretchPair?.(a, b).map(toHex), expected);
});

t.test('jsbn, OpenSSL and BigInt agree on powers of random bases', async (t) => {
  const opensslModPow = createOpensslModPow();
  for (let i = 0; i < 30; i++) {
    const base = randomBytes(SRP_BYTES);
    base[0] = randomInt(0, 0xac);
    const exponent = randomBytes(randomInt(1, 64));
    const expected = toHex(bigintModPow(base, exponent));
    t.equal(toHex(opensslModPow(base, exponent)), expected);
    t.equal(toHex(jsbnModPow(base, exponent)), expected);
  }
});

t.test('jsbn, OpenSSL and BigInt agree at the edges of the group', async (t) => {
  const N = BigInt(`0x${SRP_N_HEX}`);
  const padded = (value: bigint) => fromHex(value.toString(16).padStart(2 * SRP_BYTES, '0'));
  const exponents = ['00', '01', '02', '0000000000000003', 'ff'.repeat(32), `00${'a7'.repeat(31)}`];
  const opensslModPow = createOpensslModPow();
  for (const base of [0n, 1n, 2n, N - 2n, N - 1n].map(padded)) {
    for (const exponent of exponents.map(fromHex)) {
      const expected = toHex(bigintModPow(base, exponent));
      t.equal(toHex(opensslModPow(base, exponent)), expected);
      t.equal(toHex(jsbnModPow(base, exponent)), expected);
    }
  }
});

t.test('what is made of a password on the way is wiped, and so is the kernel', withSimd, async (t) => {
  const memory = createKernelMemory();
  const { kernel, seen } = watchKernel(createKernel(readKernel('plain'), memory));
  const simd = createSimdEngine(kernel);
  const stretchedPW = simd.stretch(known);
  simd.stretchPair?.(known, randomInput());
  t.equal(seen.length, 6, 'K1 and K2 of three passwords');
  t.ok(seen.every(isWiped));
  t.ok(isWiped(new Uint8Array(memory.buffer)));
  t.equal(toHex(stretchedPW), stretching.stretchedPW);
});

t.test('K1, K2 and the second password are wiped even when the chain fails half-way', async (t) => {
  const made: Uint8Array[] = [];
  const make = () => {
    const secret = new Uint8Array(randomBytes(32));
    made.push(secret);
    return secret;
  };
  let calls = 0;
  const pbkdf2 = ({ password }: { password: Uint8Array }) => {
    calls++;
    if (calls < 3) return make();
    made.push(password);
    throw new Error('out of memory');
  };
  const scrypt = (inputs: unknown[]) => inputs.map(make);
  t.throws(() => stretchPasswords({ pbkdf2, scrypt }, [known, known]), { message: 'out of memory' });
  t.equal(made.length, 5);
  t.ok(made.every(isWiped));
});

t.test('inputs are left as they were', withSimd, async (t) => {
  for (const engine of [openssl, createEngine('simd')]) engine.stretch(known);
  t.equal(toHex(known.password), stretching.password);
  t.equal(toHex(known.email), stretching.email);
});

function isWiped(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The kernel, with every K1 that went in and every K2 that came out, which were no zeros then. */
function watchKernel(real: ScryptKernel): { kernel: ScryptKernel; seen: Uint8Array[] } {
  const seen: Uint8Array[] = [];
  const see = <Bytes extends Uint8Array>(bytes: Bytes) => {
    if (isWiped(bytes)) throw new Error('expected a secret, got zeros');
    seen.push(bytes);
    return bytes;
  };
  const kernel: ScryptKernel = {
    ...real,
    scryptGroup: (inputs, ...rest) => {
      for (const { password } of inputs) see(password);
      return real.scryptGroup(inputs, ...rest).map(see);
    },
  };
  return { kernel, seen };
}
