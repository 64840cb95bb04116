import { timingSafeEqual } from 'node:crypto';

/** Compares a typed code with the expected one, in constant time for codes of equal length. */
export function isSameCode(typed: string, expected: string): boolean {
  const [a, b] = [Buffer.from(typed), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
