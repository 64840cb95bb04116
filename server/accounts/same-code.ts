import { timingSafeEqual } from 'node:crypto';

/** Constant time for codes of equal length. */
export function isSameCode(typed: string, expected: string): boolean {
  const [a, b] = [Buffer.from(typed), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
