import t from 'tap';
import { makeRecoveryCode } from '../../../server/accounts/recovery-code.js';

const CODES = 2_000_000;
/** Two in 10^9 correct runs exceed six standard deviations. */
const MAX_DEVIATIONS = 6;
/** With `uint32 % 10^8` the codes from here on are rarer: 42 numbers map to each, instead of 43. */
const LOWEST_RARE_CODE = 2 ** 32 % 10 ** 8;

t.test('recovery codes have eight digits with equal probability', async (t) => {
  const firstDigits = Array<number>(10).fill(0);
  let malformed = 0;
  let high = 0;
  for (let i = 0; i < CODES; i++) {
    const code = makeRecoveryCode();
    if (!/^[0-9]{8}$/.test(code)) malformed++;
    const digit = Number(code[0]);
    firstDigits[digit] = (firstDigits[digit] as number) + 1;
    if (Number(code) >= LOWEST_RARE_CODE) high++;
  }
  t.equal(malformed, 0);
  for (const [digit, count] of firstDigits.entries()) {
    t.ok(deviationsOf(count, 0.1) < MAX_DEVIATIONS, `${count} codes begin with ${digit}`);
  }
  t.ok(
    deviationsOf(high, 1 - LOWEST_RARE_CODE / 10 ** 8) < MAX_DEVIATIONS,
    `${high} codes are of the rarer half`,
  );
});

function deviationsOf(count: number, probability: number): number {
  const variance = CODES * probability * (1 - probability);
  return Math.abs(count - CODES * probability) / Math.sqrt(variance);
}
