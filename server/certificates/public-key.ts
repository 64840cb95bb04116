import type { BrowserIdPublicKey } from '../../protocol/browserid-keys.js';

// jwcrypto's smallest keys have about 512 bits; the API document's example has 511.
const RSA_BITS = { least: 496, most: 8192 };
// FIPS 186-4 has nothing larger; an exponentiation stays within some ms.
const DSA_P_BITS = { least: 512, most: 3072 };
const DSA_Q_BITS = { least: 160, most: 256 };

/**
 * Returns the name of an invalid parameter. The crypto pool checks the subgroup of a DSA key, which takes
 * longer.
 * @see FIPS 186-4, 4.1 (DSA domain parameters); RFC 8017, 3.1 (RSA)
 */
export function parsePublicKey(key: BrowserIdPublicKey): string | undefined {
  return key.algorithm === 'RS' ? checkRsa(BigInt(key.n), BigInt(key.e)) : checkDsa(key);
}

function checkRsa(n: bigint, e: bigint): string | undefined {
  if (!hasBits(n, RSA_BITS) || isEven(n)) return 'n';
  if (e < 3n || e >= n || isEven(e)) return 'e';
  return undefined;
}

function checkDsa(key: Extract<BrowserIdPublicKey, { algorithm: 'DS' }>): string | undefined {
  const [y, p, q, g] = [key.y, key.p, key.q, key.g].map((hex) => BigInt(`0x${hex}`)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  if (!hasBits(p, DSA_P_BITS) || isEven(p)) return 'p';
  if (!hasBits(q, DSA_Q_BITS) || isEven(q) || (p - 1n) % q !== 0n) return 'q';
  if (g <= 1n || g >= p - 1n) return 'g';
  if (y <= 1n || y >= p - 1n) return 'y';
  return undefined;
}

function isEven(value: bigint): boolean {
  return (value & 1n) === 0n;
}

function hasBits(value: bigint, { least, most }: { least: number; most: number }): boolean {
  return value >> BigInt(least - 1) > 0n && value >> BigInt(most) === 0n;
}
