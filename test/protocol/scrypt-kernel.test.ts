import { randomBytes, randomInt, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  createKernel,
  createKernelMemory,
  instantiateKernel,
  type SingleKernel,
  simdSupported,
} from '../../protocol/scrypt-kernel.js';
import { PAGE_BYTES, type ScryptInput, SLOT_BYTES } from '../../protocol/scrypt-parameters.js';
import { createSharedMemory, loadKernel, readKernel } from '../../workers/kernel/load-kernel.js';
import { countByDepth } from '../support/run/depth.js';

const { stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const CASES = countByDepth(25, 1000);

const withSimd = { skip: !simdSupported() && 'no WebAssembly SIMD here' };
// Skipped tests do not use it.
const kernel = simdSupported() ? loadKernel() : (undefined as never);

const STRETCHING = { N: 65536, r: 8, p: 1 };
const QUICK = { N: 16, r: 1, p: 1 };

const ascii = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const SCRYPT_SALT = ascii('identity.mozilla.com/picl/v1/scrypt');

/** HMAC hashes passwords above 64 bytes first. */
const randomInput = (): ScryptInput => ({
  password: randomBytes(randomInt(0, 100)),
  salt: randomBytes(randomInt(0, 70)),
});

const ZERO_PAGE = new Uint8Array(PAGE_BYTES);

/** Compares pages, because a second memory of zeros would double the time. */
function isZero({ buffer }: WebAssembly.Memory): boolean {
  for (let at = 0; at < buffer.byteLength; at += PAGE_BYTES) {
    if (Buffer.compare(new Uint8Array(buffer, at, PAGE_BYTES), ZERO_PAGE) !== 0) return false;
  }
  return true;
}

/** RFC 7914, section 12, without the last, of 1 GiB. */
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

const VARIANTS: { name: string; size: number; single?: SingleKernel }[] = [
  { name: 'one hash in scalar operations', size: 1, single: 'scalar' },
  { name: 'one hash in vectors', size: 1, single: 'vector' },
  { name: 'two in step', size: 2 },
  { name: 'three in step', size: 3 },
  { name: 'four in step', size: 4 },
];

for (const { name, size, single } of VARIANTS) {
  const placement = single && { single };

  t.test(`${name}: agrees with RFC 7914 in every slot`, withSimd, async (t) => {
    for (const { password, salt, parameters, key } of RFC_7914) {
      const inputs = Array.from({ length: size }, randomInput);
      const keys = inputs.map((other) => hex(scryptSync(other.password, other.salt, 64, parameters)));
      for (let place = 0; place < size; place++) {
        const known = { password: ascii(password), salt: ascii(salt) };
        const hashed = kernel.scryptGroup(inputs.with(place, known), parameters, 64, placement);
        t.same(hashed.map(hex), keys.with(place, key));
      }
    }
  });

  t.test(`${name}: agrees with K2 of the protocol vectors`, withSimd, async (t) => {
    const K1 = { password: Buffer.from(stretching.K1, 'hex'), salt: SCRYPT_SALT };
    const hashed = kernel.scryptGroup(Array(size).fill(K1), STRETCHING, 32, placement);
    t.same(hashed.map(hex), Array(size).fill(stretching.K2));
  });

  t.test(`${name}: random inputs agree with node:crypto`, withSimd, async (t) => {
    let disagreements = 0;
    for (let i = 0; i < CASES; i++) {
      const parameters = { N: 2 ** randomInt(1, 7), r: randomInt(1, 10), p: randomInt(1, 4) };
      const dkLen = randomInt(1, 80);
      const inputs = Array.from({ length: size }, randomInput);
      const expected = inputs.map(({ password, salt }) => hex(scryptSync(password, salt, dkLen, parameters)));
      const hashed = kernel.scryptGroup(inputs, parameters, dkLen, placement).map(hex);
      if (hashed.join() !== expected.join()) disagreements++;
    }
    t.equal(disagreements, 0);
  });

  t.test(`${name}: leaves nothing in memory, for any parameters`, withSimd, async (t) => {
    const memory = createKernelMemory();
    const kernel = createKernel(readKernel('plain'), memory);
    for (const parameters of [
      { N: 2, r: 1, p: 1 },
      { N: 1024, r: 8, p: 1 },
      { N: 64, r: 32, p: 16 },
      { N: 16, r: 3, p: 2 },
    ]) {
      kernel.scryptGroup(Array.from({ length: size }, randomInput), parameters, 32, placement);
      t.ok(isZero(memory), JSON.stringify(parameters));
    }
  });
}

t.test('without wiping, every block of memory contains a secret', withSimd, async (t) => {
  const memory = createKernelMemory();
  const { romixScalar, romixOne } = instantiateKernel(readKernel('plain'), memory);
  const blockBytes = 128;
  for (const romix of [romixScalar, romixOne]) {
    const bytes = new Uint8Array(memory.buffer).fill(0);
    bytes.set(randomBytes(blockBytes), blockBytes);
    romix(0, 16, 1);
    for (let block = 0; block < 18; block++) {
      t.notOk(bytes.subarray(block * blockBytes, (block + 1) * blockBytes).every((byte) => byte === 0));
    }
  }
});

t.test('a batch does not change other slots', withSimd, async (t) => {
  const memory = createSharedMemory(6 * SLOT_BYTES);
  const kernel = createKernel(readKernel('shared'), memory);
  const bytes = Buffer.from(memory.buffer);
  const others = [0, 2];
  for (const slot of others) bytes.fill(0xa5, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
  const inputs = Array.from({ length: 4 }, randomInput);
  const expected = inputs.map(({ password, salt }) => hex(scryptSync(password, salt, 32, QUICK)));
  t.same(kernel.scryptGroup(inputs, QUICK, 32, { slots: [5, 1, 4, 3] }).map(hex), expected);
  const untouched = Buffer.alloc(SLOT_BYTES, 0xa5);
  for (const slot of others) {
    t.ok(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES).equals(untouched));
    bytes.fill(0, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
  }
  t.ok(isZero(memory));
});

t.test('threads can run kernels in the same memory', withSimd, async (t) => {
  const memory = createSharedMemory(2 * SLOT_BYTES);
  const module = new WebAssembly.Module(readKernel('shared'));
  const kernels = [createKernel(module, memory), createKernel(module, memory)];
  const input = randomInput();
  const expected = hex(scryptSync(input.password, input.salt, 32, QUICK));
  for (const [slot, kernel] of kernels.entries()) {
    t.same(kernel.scryptGroup([input], QUICK, 32, { slots: [slot] }).map(hex), [expected]);
  }
});

t.test('a kernel’s own memory grows to the largest batch and no further', withSimd, async (t) => {
  const memory = createKernelMemory();
  const kernel = createKernel(readKernel('plain'), memory);
  const input = randomInput();
  const pagesFor = (hashes: number) => Math.ceil(((hashes - 1) * SLOT_BYTES + 128 * 8 * 65538) / PAGE_BYTES);
  for (let i = 0; i < 2; i++) kernel.scrypt(input.password, input.salt, STRETCHING, 32);
  t.equal(memory.buffer.byteLength, pagesFor(1) * PAGE_BYTES);
  kernel.scryptGroup([input, input], STRETCHING, 32);
  t.equal(memory.buffer.byteLength, pagesFor(2) * PAGE_BYTES);
});

t.test('invalid batch sizes and slots are refused', withSimd, async (t) => {
  const input = randomInput();
  const refused: [number, number[] | undefined, RegExp][] = [
    [0, undefined, /number of inputs must be an integer from 1 to 4, not 0/],
    [5, undefined, /number of inputs must be an integer from 1 to 4, not 5/],
    [2, [0], /2 inputs need a slot each, not 0/],
    [2, [1, 1], /2 inputs need a slot each, not 1, 1/],
    [1, [0, 1], /1 inputs need a slot each, not 0, 1/],
    [1, [-1], /a slot must be an integer from 0 to 62, not -1/],
    [1, [63], /a slot must be an integer from 0 to 62, not 63/],
  ];
  for (const [size, slots, message] of refused) {
    const call = () => kernel.scryptGroup(Array(size).fill(input), QUICK, 32, slots && { slots });
    t.throws(call, { name: 'RangeError', message });
  }
});

t.test(
  'parameters above their limits are refused by name before memory is allocated',
  withSimd,
  async (t) => {
    const memory = createKernelMemory();
    const kernel = createKernel(readKernel('plain'), memory);
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
      t.throws(() => kernel.scryptGroup([input, input], parameters, dkLen), { name: 'RangeError', message });
    }
    t.equal(memory.buffer.byteLength, 65536);
  },
);

t.test(
  'an argument that is not a byte array is refused, and the kernel continues to work',
  withSimd,
  async (t) => {
    const parameters = { N: 16, r: 1, p: 1 };
    const good = { password: ascii('password'), salt: ascii('salt') };
    // Invalid on purpose.
    const bad = { password: 'password' as unknown as Uint8Array, salt: ascii('salt') };
    const message = 'password must be a Uint8Array';
    t.throws(() => kernel.scrypt(bad.password, bad.salt, parameters, 32), { name: 'TypeError', message });
    t.throws(() => kernel.scryptGroup([good, bad], parameters, 32), { name: 'TypeError', message });
    t.throws(() => kernel.scryptGroup([bad, good], parameters, 32), { name: 'TypeError', message });
    const expected = hex(scryptSync('password', 'salt', 32, parameters));
    t.same(kernel.scryptGroup([good, good], parameters, 32).map(hex), [expected, expected]);
  },
);

t.test('inputs are not changed', withSimd, async (t) => {
  const a = { password: ascii('password'), salt: ascii('salt') };
  kernel.scryptGroup([a, a], QUICK, 32);
  t.same([hex(a.password), hex(a.salt)], [hex(ascii('password')), hex(ascii('salt'))]);
});

t.test('a compiled module works like its bytes', withSimd, async (t) => {
  const kernel = createKernel(new WebAssembly.Module(readKernel('plain')));
  const parameters = { N: 16, r: 1, p: 1 };
  t.equal(hex(kernel.scrypt(ascii(''), ascii(''), parameters, 64)), RFC_7914[0]?.key);
});

t.test('SIMD is detected where the kernel compiles', async (t) => {
  for (const build of ['plain', 'shared'] as const) {
    t.equal(simdSupported(), WebAssembly.validate(readKernel(build)));
  }
});
