import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import t from 'tap';
import { parsePasswordBody } from '../../../server/http/password-fields.js';

const decode = (value: unknown) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(value as Uint8Array);

const LONE_SURROGATE = /\p{Surrogate}/gu;

function compare(text: string | Buffer): [expected: unknown, actual: unknown] {
  const raw = Buffer.from(text);
  const attempt = (parse: () => unknown) => {
    try {
      return parse();
    } catch {
      return 'refused';
    }
  };
  const expected = attempt(() =>
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw), (key, value) =>
      /password/i.test(key) && typeof value === 'string'
        ? value.replace(LONE_SURROGATE, '\ufffd'.repeat(3))
        : value,
    ),
  );
  const actual = attempt(() => {
    const { json } = parsePasswordBody(raw);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
    const entries = Object.entries(json).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? decode(value) : value,
    ]);
    return Object.fromEntries(entries);
  });
  return [expected, actual];
}

const jsonString = fc
  .array(fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.boolean()))
  .map((characters) => {
    const toEscapes = (character: string) =>
      [...Array(character.length).keys()]
        .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
        .join('');
    const written = characters.map(([character, escaped]) =>
      escaped ? toEscapes(character) : JSON.stringify(character).slice(1, -1),
    );
    return `"${written.join('')}"`;
  });

t.test('passwords equal the result of JSON.parse for any spelling', (t) => {
  const value = fc.oneof(jsonString, fc.json(), fc.constantFrom('null', '1', '["a"]', '{"password":"x"}'));
  const field = fc.constantFrom('"password"', '"p\\u0061ssword"', '"newPassword"', '"email"', '"other"');
  const body = fc.array(fc.tuple(field, value), { maxLength: 5 }).map((members) => {
    return ` { ${members.map(([name, json]) => `${name} :\t${json}`).join(' , ')} } `;
  });
  fc.assert(
    fc.property(body, (text) => {
      const [expected, actual] = compare(text);
      t.same(actual, expected, text);
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('a damaged body is refused if JSON.parse refuses it', (t) => {
  const whole = Buffer.from(
    '{"email":"00","password":"p\\u00e4ss\\n\\ud83d\\ude00wörd","device":{"name":"\\\\"}}',
  );
  for (let i = 0; i < whole.length; i++) {
    for (const byte of [0x00, 0x22, 0x5c, 0x7b, 0x7d, 0x2c, 0x3a, 0x5b, 0xc3, 0x61]) {
      const damaged = Buffer.from(whole);
      damaged[i] = byte;
      const [expected, actual] = compare(damaged);
      t.same(actual, expected, damaged.toString('latin1'));
    }
    const [expected, actual] = compare(whole.subarray(0, i));
    t.same(actual, expected);
  }
  t.end();
});

t.test('the last duplicate of a password counts, and all are returned for wiping', async (t) => {
  const { json, passwords } = parsePasswordBody(Buffer.from('{"password":"first","password":"second"}'));
  t.equal(decode((json as { password: Uint8Array }).password), 'second');
  t.same(passwords.map(decode), ['first', 'second']);
});

t.test('a lone surrogate is invalid UTF-8', async (t) => {
  for (const escaped of ['\\ud800', '\\udc00', '\\ud800\\u0061', '\\ud800\\ud800\\udc00']) {
    const { passwords } = parsePasswordBody(Buffer.from(`{"password":"a${escaped}"}`));
    t.equal(isUtf8(passwords[0] as Uint8Array), false, escaped);
  }
});

t.test('all strings of a body are decoded into one block of memory', async (t) => {
  const { passwords } = parsePasswordBody(
    Buffer.from(`{${'"password":"a",'.repeat(1000)}"newPassword":"b"}`),
  );
  t.equal(passwords.length, 1001);
  t.equal(new Set(passwords.map(({ buffer }) => buffer)).size, 1);
});
