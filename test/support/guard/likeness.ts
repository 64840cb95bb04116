import type { Test } from 'tap';
import type { Reply } from '../api/send.js';

/** Headers whose values differ between any two replies. */
const OF_THE_MOMENT = ['date', 'timestamp'];

/** The visible form of a reply; random values are reduced to their lengths. */
function look({ status, headers, body, text }: Reply) {
  const shown = Object.entries(headers).filter(([name]) => !OF_THE_MOMENT.includes(name));
  return { status, headers: Object.fromEntries(shown), length: text.length, body: outline(body) };
}

/** A value with its strings as lengths, where they are hex or identifiers. */
function outline(value: unknown): unknown {
  if (typeof value === 'string') return /^[0-9a-f-]{32,}$/.test(value) ? `${value.length} digits` : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([name, member]) => [name, outline(member)]);
}

/** Asserts that two replies cannot be told apart. */
export function assertAlike(t: Test, one: Reply, other: Reply, what: string): void {
  t.same(look(one), look(other), what);
}
