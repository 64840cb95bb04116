import { N, pad } from './protocol-math.js';

const HEX_64 = 'ab'.repeat(32);

function hexOf(bytes: number): unknown[] {
  const good = 'ab'.repeat(bytes);
  const wrongLengths = ['', good.slice(1), good.slice(2), `${good}ab`, `${good}a`];
  return [
    ...wrongLengths,
    `${good.slice(2)}zz`,
    `${good.slice(2)} a`,
    `${good}\n`,
    5,
    null,
    true,
    [good],
    { hex: good },
  ];
}

export const WRONG = {
  email: [
    '',
    '614',
    'zz406262',
    '6162',
    '61406240',
    '4061',
    '6140',
    '6100406262',
    '610a406262',
    '61c28040626c',
    'ff406262',
    'eda080406262',
    `${'61'.repeat(254)}4061`,
    'a@example.org',
    61406262,
    null,
    ['61406262'],
    { toString: '61406262' },
  ],
  salt: hexOf(32),
  proof: hexOf(32),
  code: ['', ' ', 5, null, true, [HEX_64], { hex: HEX_64 }],
  A: hexOf(256),
  bundle: hexOf(320),
  verifier: [
    ...[0n, 1n, N - 1n, N, N + 1n, 2n ** 2048n - 1n].map((v) => pad(v).toString('hex')),
    ...hexOf(256),
  ],
  srpType: ['', 'SRP-6a/SHA1/2048/v1', 'srp-6a/sha256/2048/v1', 6, null],
  stretchingType: ['', 'PBKDF2/scrypt/PBKDF2/v2', 'scrypt', 1, null],
  rounds: [0, 1, 19_999, 20_001, 2 ** 53, -20_000, 20_000.5, '20000', null, [20_000]],
  scryptN: [0, 1, 16_384, 65_535, 131_072, 2 ** 30, '65536', null],
  scryptR: [0, 1, 9, 1024, '8', null],
  scryptP: [0, 2, 64, '1', null],
  password: [
    '',
    'x'.repeat(1025),
    'é'.repeat(513),
    '\ud800',
    'a\udc00b',
    5,
    null,
    true,
    ['password'],
    { length: 8 },
  ],
  uuid: [
    '',
    'x',
    '4c352927cd4f4a4aa03d7d1893d950b8',
    '4c352927-cd4f-4a4a-a03d-7d1893d950bg',
    HEX_64,
    4,
    null,
    [''],
  ],
} satisfies Record<string, unknown[]>;

/** Replaces or removes the member at a dotted path. */
export function withMember(object: object, path: string, value: unknown): object {
  const [name, rest] = path.split(/\.(.*)/s) as [string, string | undefined];
  const inner = (object as Record<string, unknown>)[name];
  const member = rest === undefined ? value : withMember(inner as object, rest, value);
  return { ...object, [name]: member };
}
