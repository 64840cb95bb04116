import { timingSafeEqual } from 'node:crypto';

/** Whether a typed code is the expected one, in constant time for codes of the same length. */
export function isSameCode(typed: string, expected: string): boolean {
  const [a, b] = [Buffer.from(typed), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
