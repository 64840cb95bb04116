import type { CryptoOperations } from '../messages.js';

/**
 * Returns whether y^q = 1 mod p. Values are public, so the time may depend on them.
 * @see FIPS 186-4, 4.1; NIST SP 800-89, 5.3.1 (full public key validation)
 */
export function checkDsaKey({ y, p, q }: CryptoOperations['checkDsaKey']['in']): { isInSubgroup: boolean } {
  const [base, modulus, order] = [y, p, q].map((hex) => BigInt(`0x${hex}`)) as [bigint, bigint, bigint];
  let power = 1n;
  for (const bit of order.toString(2)) {
    power = (power * power) % modulus;
    if (bit === '1') power = (power * base) % modulus;
  }
  return { isInSubgroup: power === 1n };
}
