import { randomBytes, randomInt, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { createKernel, createKernelMemory, simdSupported } from '../../protocol/scrypt-kernel.js';
import { loadKernel, readKernel } from '../../workers/kernel/load-kernel.js';

const { stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const withSimd = { skip: !simdSupported() && 'no WebAssembly SIMD here' };
const kernel = simdSupported() ? loadKernel() : (undefined as never);

const ascii = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** RFC 7914, section 12; the last, of 1 GiB, is over the kernel's limit. */
const RFC_7914 = [
  {
    password: '',
    salt: '',
    parameters: { N: 16, r: 1, p: 1 },
    key:
      '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442' +
      'fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
  },
  {
    password: 'password',
    salt: 'NaCl',
    parameters: { N: 1024, r: 8, p: 16 },
    key:
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
      '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  },
  {
    password: 'pleaseletmein',
    salt: 'SodiumChloride',
    parameters: { N: 16384, r: 8, p: 1 },
    key:
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  },
];

t.test('one hash agrees with the vectors of RFC 7914', withSimd, async (t) => {
  for (const { password, salt, parameters, key } of RFC_7914) {
    t.equal(hex(kernel.scrypt(ascii(password), ascii(salt), parameters, 64)), key);
  }
});

t.test('a pair agrees with the vectors of RFC 7914 in either place', withSimd, async (t) => {
  for (const { password, salt, parameters, key } of RFC_7914) {
    const known = { password: ascii(password), salt: ascii(salt) };
    const other = { password: randomBytes(9), salt: randomBytes(5) };
    const otherKey = hex(scryptSync(other.password, other.salt, 64, parameters));
    t.same(kernel.scryptPair(known, other, parameters, 64).map(hex), [key, otherKey]);
    t.same(kernel.scryptPair(other, known, parameters, 64).map(hex), [otherKey, key]);
  }
});

t.test('K1 becomes the K2 of the protocol vectors, alone and in a pair', withSimd, async (t) => {
  const K1 = Buffer.from(stretching.K1, 'hex');
  const salt = ascii('identity.mozilla.com/picl/v1/scrypt');
  const parameters = { N: 65536, r: 8, p: 1 };
  t.equal(hex(kernel.scrypt(K1, salt, parameters, 32)), stretching.K2);
  const twins = kernel.scryptPair({ password: K1, salt }, { password: K1, salt }, parameters, 32);
  t.same(twins.map(hex), [stretching.K2, stretching.K2]);
});

t.test('thousands of random inputs agree with node:crypto, alone and in pairs', withSimd, async (t) => {
  let disagreements = 0;
  for (let i = 0; i < 2000; i++) {
    const parameters = { N: 2 ** randomInt(1, 7), r: randomInt(1, 10), p: randomInt(1, 4) };
    const dkLen = randomInt(1, 80);
    // Past 64 bytes of password HMAC hashes it first.
    const random = () => ({ password: randomBytes(randomInt(0, 100)), salt: randomBytes(randomInt(0, 70)) });
    const [a, b] = [random(), random()];
    const expectedA = hex(scryptSync(a.password, a.salt, dkLen, parameters));
    const expectedB = hex(scryptSync(b.password, b.salt, dkLen, parameters));
    const single = hex(kernel.scrypt(a.password, a.salt, parameters, dkLen));
    const [pairA, pairB] = kernel.scryptPair(a, b, parameters, dkLen).map(hex);
    if (single !== expectedA || pairA !== expectedA || pairB !== expectedB) disagreements++;
  }
  t.equal(disagreements, 0);
});

t.test('no trace of a hash stays in memory, whatever its size', withSimd, async (t) => {
  const memory = createKernelMemory();
  const kernel = createKernel(readKernel(), memory);
  const untouched = () => new Uint8Array(memory.buffer).every((byte) => byte === 0);
  for (const parameters of [
    { N: 2, r: 1, p: 1 },
    { N: 1024, r: 8, p: 1 },
    { N: 64, r: 32, p: 16 },
    { N: 16, r: 3, p: 2 },
  ]) {
    const a = { password: randomBytes(32), salt: randomBytes(8) };
    const b = { password: randomBytes(32), salt: randomBytes(8) };
    kernel.scrypt(a.password, a.salt, parameters, 32);
    t.ok(untouched(), `one hash, ${JSON.stringify(parameters)}`);
    kernel.scryptPair(a, b, parameters, 32);
    t.ok(untouched(), `a pair, ${JSON.stringify(parameters)}`);
  }
});

t.test('without the wipe every block of memory would hold a trace', withSimd, async (t) => {
  const memory = createKernelMemory();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readKernel()), { env: { memory } });
  const { romixOne } = exports as { romixOne(slot: number, N: number, r: number): void };
  const blockBytes = 128;
  new Uint8Array(memory.buffer).set(randomBytes(blockBytes), blockBytes);
  romixOne(0, 16, 1);
  for (let block = 0; block < 18; block++) {
    const bytes = new Uint8Array(memory.buffer, block * blockBytes, blockBytes);
    t.notOk(bytes.every((byte) => byte === 0));
  }
});

t.test('a kernel that never hashes a pair stays at the memory of one hash', withSimd, async (t) => {
  const memory = createKernelMemory();
  const kernel = createKernel(readKernel(), memory);
  const parameters = { N: 65536, r: 8, p: 1 };
  const input = { password: randomBytes(8), salt: randomBytes(8) };
  for (let i = 0; i < 2; i++) kernel.scrypt(input.password, input.salt, parameters, 32);
  t.equal(memory.buffer.byteLength, 64 * 1024 * 1024 + 65536);
  kernel.scryptPair(input, input, parameters, 32);
  t.equal(memory.buffer.byteLength, 128 * 1024 * 1024 + 65536);
});

t.test('parameters out of their limits are refused by name before memory is taken', withSimd, async (t) => {
  const memory = createKernelMemory();
  const kernel = createKernel(readKernel(), memory);
  const good = { N: 16, r: 8, p: 1 };
  const password = ascii('password');
  const refused: [object, number, RegExp][] = [
    [{ N: 1 }, 32, /N must be an integer from 2 to 65536, not 1/],
    [{ N: 131072 }, 32, /N must be an integer from 2 to 65536/],
    [{ N: 48 }, 32, /N must be a power of two, not 48/],
    [{ N: 2.5 }, 32, /N must be an integer/],
    [{ r: 0 }, 32, /r must be an integer from 1 to 32, not 0/],
    [{ r: 33 }, 32, /r must be an integer from 1 to 32, not 33/],
    [{ p: 0 }, 32, /p must be an integer from 1 to 16, not 0/],
    [{ p: 17 }, 32, /p must be an integer from 1 to 16, not 17/],
    [{ N: 65536, r: 9 }, 32, /128·N·r must be at most 67108864 bytes/],
    [{}, 0, /dkLen must be an integer from 1 to 1024, not 0/],
    [{}, 1025, /dkLen must be an integer from 1 to 1024, not 1025/],
  ];
  for (const [wrong, dkLen, message] of refused) {
    const parameters = { ...good, ...wrong };
    const input = { password, salt: password };
    t.throws(() => kernel.scrypt(password, password, parameters, dkLen), { name: 'RangeError', message });
    t.throws(() => kernel.scryptPair(input, input, parameters, dkLen), { name: 'RangeError', message });
  }
  t.equal(memory.buffer.byteLength, 65536);
});

t.test('what is no byte array is refused, and the kernel goes on working', withSimd, async (t) => {
  const parameters = { N: 16, r: 1, p: 1 };
  const good = { password: ascii('password'), salt: ascii('salt') };
  const bad = { password: 'password' as unknown as Uint8Array, salt: ascii('salt') };
  const message = 'password must be a Uint8Array';
  t.throws(() => kernel.scrypt(bad.password, bad.salt, parameters, 32), { name: 'TypeError', message });
  t.throws(() => kernel.scryptPair(good, bad, parameters, 32), { name: 'TypeError', message });
  t.throws(() => kernel.scryptPair(bad, good, parameters, 32), { name: 'TypeError', message });
  const expected = hex(scryptSync('password', 'salt', 32, parameters));
  t.same(kernel.scryptPair(good, good, parameters, 32).map(hex), [expected, expected]);
});

t.test('inputs are left as they were', withSimd, async (t) => {
  const a = { password: ascii('password'), salt: ascii('salt') };
  kernel.scryptPair(a, a, { N: 16, r: 1, p: 1 }, 32);
  t.same([hex(a.password), hex(a.salt)], [hex(ascii('password')), hex(ascii('salt'))]);
});

t.test('a module compiled elsewhere serves as well as its bytes', withSimd, async (t) => {
  const kernel = createKernel(new WebAssembly.Module(readKernel()));
  const parameters = { N: 16, r: 1, p: 1 };
  t.equal(hex(kernel.scrypt(ascii(''), ascii(''), parameters, 64)), RFC_7914[0]?.key);
});

t.test('SIMD is found where the kernel compiles', async (t) => {
  t.equal(simdSupported(), WebAssembly.validate(readKernel()));
});
