import { randomBytes, randomInt } from 'node:crypto';
import t from 'tap';
import { fromHex, toHex } from '../../../../protocol/hex.js';
import { bigintModPow, SRP_BYTES, SRP_N_HEX } from '../../../../protocol/srp.js';
import {
  createGroupModPow,
  createOpensslModPow,
  opensslModPow,
} from '../../../../workers/thread/engines/openssl-mod-pow.js';
import { jsbnModPow } from '../../../../workers/thread/engines/portable.js';

const engines = { opensslModPow, fast: createGroupModPow(), jsbnModPow };

const N = BigInt(`0x${SRP_N_HEX}`);
const padded = (value: bigint) => fromHex(value.toString(16).padStart(2 * SRP_BYTES, '0'));

for (const [name, modPow] of Object.entries(engines)) {
  t.test(`${name} and BigInt agree on powers of random bases`, async (t) => {
    for (let i = 0; i < 30; i++) {
      const base = randomBytes(SRP_BYTES);
      base[0] = randomInt(0, 0xac);
      const exponent = randomBytes(randomInt(1, 64));
      t.equal(toHex(modPow(base, exponent)), toHex(bigintModPow(base, exponent)));
    }
  });

  t.test(`${name} and BigInt agree at the edges of the group`, async (t) => {
    // 2^2039 to 2^2048: results of 255 and 256 bytes, with and without their first bit set.
    const lengths = ['07f7', '07f8', '07fe', '07ff', '0800'];
    const exponents = ['00', '01', '02', '0000000000000003', 'ff'.repeat(32), `00${'a7'.repeat(31)}`];
    for (const base of [0n, 1n, 2n, N - 2n, N - 1n].map(padded)) {
      for (const exponent of [...exponents, ...lengths].map(fromHex)) {
        t.equal(toHex(modPow(base, exponent)), toHex(bigintModPow(base, exponent)));
      }
    }
  });
}

t.test('a thread computes the same powers before and after it creates a group', async (t) => {
  const modPow = createOpensslModPow();
  const [base, exponent] = [padded(3n), fromHex('a7'.repeat(32))];
  const expected = toHex(bigintModPow(base, exponent));
  const powers = new Set(Array.from({ length: 402 }, () => toHex(modPow(base, exponent))));
  t.same([...powers], [expected]);
});
