import fc from 'fast-check';
import { isMembers, type JsonNode, listPaths, replaceAt, toNode, writeJson } from './json-text.js';

/** `at` selects the place. */
export type Mutation = { at: number } & (
  | { kind: 'drop' | 'repeat' | 'wrap' | 'swapCase' }
  | { kind: 'put'; value: JsonNode }
  | { kind: 'add'; name: string; value: JsonNode }
  | { kind: 'rename'; name: string }
  | { kind: 'cut'; length: number }
  | { kind: 'extend'; text: string; infront: boolean }
);

/** Places are fractions of the length. */
export type ByteChange = { at: number } & (
  | { kind: 'cut' }
  | { kind: 'flip'; bit: number }
  | { kind: 'insert'; bytes: Uint8Array }
  | { kind: 'remove'; count: number }
  | { kind: 'repeat'; count: number }
);

const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
  '',
  '$where',
  'email',
  'param.param',
];

const HOSTILE_TEXTS = [
  '\0',
  '\ud800',
  '\udfff\ud800',
  '\u202e',
  'e\u0301'.repeat(10),
  '\u{1f469}\u200d\u{1f467}',
  'ǆ',
  'İ',
  '\r\nSet-Cookie: a=b',
  "' or 1=1 --",
  '{{7*7}}',
  '../../../etc/passwd',
  '<script>alert(1)</script>',
  '%00%ff',
  'ab'.repeat(100),
  'x'.repeat(5000),
  '9'.repeat(3000),
];

const HOSTILE_NUMBERS = [
  '-1',
  '-0',
  '0.1',
  '1e308',
  '1e400',
  '-1e400',
  '9007199254740993',
  '123456789012345678901234567890',
  'NaN',
  'Infinity',
  '0x10',
  '01',
  '1e-400',
];

const DEEP = [100, 3000].flatMap((depth) => [
  '['.repeat(depth) + ']'.repeat(depth),
  `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  '['.repeat(depth),
]);

const arbitraryValue: fc.Arbitrary<JsonNode> = fc.oneof(
  fc.constantFrom<JsonNode>(null, true, false, 0, '', [], { members: [] }),
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.constantFrom(...HOSTILE_NUMBERS, ...DEEP).map((verbatim) => ({ verbatim })),
  fc.jsonValue({ maxDepth: 3 }).map(toNode),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

const arbitraryName = fc.oneof(fc.constantFrom(...HOSTILE_NAMES), fc.string({ maxLength: 20 }));

export const arbitraryMutation: fc.Arbitrary<Mutation> = fc
  .tuple(
    fc.nat(1000),
    fc.oneof(
      fc.record({ kind: fc.constantFrom('drop', 'repeat', 'wrap', 'swapCase') }),
      fc.record({ kind: fc.constant('put'), value: arbitraryValue }),
      fc.record({ kind: fc.constant('add'), name: arbitraryName, value: arbitraryValue }),
      fc.record({ kind: fc.constant('rename'), name: arbitraryName }),
      fc.record({ kind: fc.constant('cut'), length: fc.nat(600) }),
      fc.record({
        kind: fc.constant('extend'),
        text: fc.oneof(fc.constantFrom(...HOSTILE_TEXTS), fc.string({ maxLength: 10 })),
        infront: fc.boolean(),
      }),
    ),
  )
  .map(([at, change]) => ({ at, ...change }) as Mutation);

export const arbitraryByteChange: fc.Arbitrary<ByteChange> = fc
  .tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.oneof(
      fc.record({ kind: fc.constant('cut') }),
      fc.record({ kind: fc.constant('flip'), bit: fc.nat(7) }),
      fc.record({ kind: fc.constant('insert'), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
      fc.record({ kind: fc.constant('remove'), count: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ kind: fc.constant('repeat'), count: fc.integer({ min: 1, max: 50 }) }),
    ),
  )
  .map(([at, change]) => ({ at, ...change }) as ByteChange);

export function mutate(tree: JsonNode, mutation: Mutation): JsonNode {
  const paths = listPaths(tree);
  const path = paths[mutation.at % paths.length] ?? [];
  return replaceAt(tree, path, (value, name) => change(value, name, mutation));
}

function change(value: JsonNode, name: string, mutation: Mutation): [string, JsonNode][] {
  switch (mutation.kind) {
    case 'drop':
      return [];
    case 'repeat':
      return [
        [name, value],
        [name, value],
      ];
    case 'wrap':
      return [[name, [value]]];
    case 'put':
      return [[name, mutation.value]];
    case 'rename':
      return [[mutation.name, value]];
    case 'add':
      return [
        [name, isMembers(value) ? { members: [...value.members, [mutation.name, mutation.value]] } : value],
      ];
    case 'cut':
      return [
        [name, typeof value === 'string' || Array.isArray(value) ? value.slice(0, mutation.length) : value],
      ];
    case 'swapCase':
      return [[name, typeof value === 'string' ? swapCase(value) : value]];
    case 'extend': {
      const text = typeof value === 'string' ? value : writeJson(value);
      return [[name, mutation.infront ? mutation.text + text : text + mutation.text]];
    }
  }
}

function swapCase(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}

export function changeBytes(bytes: Buffer, change: ByteChange): Buffer {
  const at = Math.floor(change.at * bytes.length);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (change.kind) {
    case 'cut':
      return head;
    case 'insert':
      return Buffer.concat([head, change.bytes, tail]);
    case 'remove':
      return Buffer.concat([head, tail.subarray(change.count)]);
    case 'repeat':
      return Buffer.concat([head, ...Array(change.count).fill(tail.subarray(0, 20)), tail]);
    case 'flip': {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] as number) ^ (1 << change.bit);
      return flipped;
    }
  }
}
