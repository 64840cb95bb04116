import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { toHex } from '../../../../protocol/hex.js';
import {
  createKernel,
  createKernelMemory,
  type ScryptKernel,
  simdSupported,
} from '../../../../protocol/scrypt-kernel.js';
import { SLOT_BYTES } from '../../../../protocol/scrypt-parameters.js';
import { createSharedMemory, readKernel } from '../../../../workers/kernel/load-kernel.js';
import type { SingleMethods } from '../../../../workers/messages.js';
import { createEngine } from '../../../../workers/thread/engines/create-engine.js';
import type { Engine, StretchInput } from '../../../../workers/thread/engines/engine.js';
import { stretchPasswords } from '../../../../workers/thread/engines/stretching-chain.js';
import { createWasmEngine } from '../../../../workers/thread/engines/wasm.js';
import { countByDepth } from '../../../support/run/depth.js';

const { stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const VECTOR: SingleMethods = { single: 'vector', pbkdf2: 'kernel' };
const SINGLE_METHODS: SingleMethods[] = [
  VECTOR,
  { single: 'scalar', pbkdf2: 'kernel' },
  { single: 'vector', pbkdf2: 'openssl' },
];
const known = {
  email: Buffer.from(stretching.email, 'hex'),
  password: Buffer.from(stretching.password, 'hex'),
};

const withSimd = { skip: !simdSupported() && 'no WebAssembly SIMD here' };
const openssl = createEngine({ engine: 'openssl', memories: [] });

/** Uses the first slots of the first memory. */
function stretch(engine: Engine, inputs: StretchInput[], methods: SingleMethods = VECTOR): string[] {
  return engine.stretch(inputs, { memory: 0, indexes: inputs.map((_, i) => i) }, methods).map(toHex);
}

function createWasm(slots: number): Engine {
  const module = new WebAssembly.Module(readKernel('shared'));
  return createEngine({
    engine: 'wasm',
    module,
    memories: [createSharedMemory(slots * SLOT_BYTES)],
  });
}

/** HMAC hashes passwords longer than a block first; the result must not change. */
const randomInput = () => ({ email: randomBytes(randomInt(3, 60)), password: randomBytes(randomInt(1, 90)) });

t.test('the wasm engine agrees with the vectors, with each single method', withSimd, async (t) => {
  const wasm = createWasm(1);
  for (const methods of SINGLE_METHODS) t.same(stretch(wasm, [known], methods), [stretching.stretchedPW]);
});

t.test('the wasm engine agrees with the vectors in every slot of a batch', withSimd, async (t) => {
  const wasm = createWasm(4);
  const others = Array.from({ length: 4 }, randomInput);
  const stretched = others.map((other) => stretch(openssl, [other])[0] as string);
  for (const size of [4, 3, 2].slice(0, countByDepth(1, 3))) {
    for (let place = 0; place < size; place++) {
      const inputs = others.slice(0, size).with(place, known);
      t.same(stretch(wasm, inputs), stretched.slice(0, size).with(place, stretching.stretchedPW));
    }
  }
});

t.test('a batch uses the given memory and slots', withSimd, async (t) => {
  const module = new WebAssembly.Module(readKernel('shared'));
  const memories = [1, 3].map((slots) => createSharedMemory(slots * SLOT_BYTES));
  const wasm = createEngine({ engine: 'wasm', module, memories });
  const inputs = [known, known];
  const stretchIn = (memory: number, indexes: number[]) =>
    wasm.stretch(inputs, { memory, indexes }, VECTOR).map(toHex);
  t.same(stretchIn(1, [2, 0]), [stretching.stretchedPW, stretching.stretchedPW]);
  t.throws(() => stretchIn(2, [0, 1]), { message: 'there is no memory 2' });
});

for (const engine of ['openssl', 'scrypt-js'] as const) {
  t.test(`the ${engine} engine agrees with the vectors`, async (t) => {
    t.same(stretch(createEngine({ engine, memories: [] }), [known]), [stretching.stretchedPW]);
  });
}

t.test('all engines agree on random inputs', async (t) => {
  const inputs = Array.from({ length: countByDepth(1, 2) }, randomInput);
  const expected = stretch(openssl, inputs);
  t.same(stretch(createEngine({ engine: 'scrypt-js', memories: [] }), inputs), expected);
  if (simdSupported()) t.same(stretch(createWasm(2), inputs), expected);
});

t.test('intermediate values are wiped, except in slots', withSimd, async (t) => {
  const memory = createKernelMemory();
  const { kernel, seen } = watchKernel(createKernel(readKernel('plain'), memory));
  const wasm = createWasmEngine([kernel], openssl.measure);
  for (const methods of SINGLE_METHODS) t.same(stretch(wasm, [known], methods), [stretching.stretchedPW]);
  stretch(wasm, [known, randomInput(), randomInput()]);
  t.equal(seen.length, 12, 'K1 and K2 of six passwords');
  t.ok(seen.every(isWiped));
  t.notOk(isWiped(new Uint8Array(memory.buffer)), 'slots are wiped later');
});

t.test('K1, K2 and the second password are wiped even when the chain fails', async (t) => {
  const made: Uint8Array[] = [];
  const make = () => {
    const secret = new Uint8Array(randomBytes(32));
    made.push(secret);
    return secret;
  };
  let calls = 0;
  const pbkdf2 = (inputs: { password: Uint8Array }[]) => {
    calls++;
    if (calls < 2) return inputs.map(make);
    made.push(...inputs.map(({ password }) => password));
    throw new Error('out of memory');
  };
  const scrypt = (inputs: unknown[]) => inputs.map(make);
  t.throws(() => stretchPasswords({ pbkdf2, scrypt }, [known, known]), { message: 'out of memory' });
  t.equal(made.length, 6);
  t.ok(made.every(isWiped));
});

t.test('inputs are not changed', withSimd, async (t) => {
  for (const engine of [openssl, createWasm(1)]) stretch(engine, [known]);
  t.equal(toHex(known.password), stretching.password);
  t.equal(toHex(known.email), stretching.email);
});

function isWiped(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).equals(Buffer.alloc(bytes.length));
}

/** Records each K1 and K2 before they are wiped. */
function watchKernel(real: ScryptKernel): { kernel: ScryptKernel; seen: Uint8Array[] } {
  const seen: Uint8Array[] = [];
  const see = <Bytes extends Uint8Array>(bytes: Bytes) => {
    if (isWiped(bytes)) throw new Error('expected a secret, got zeros');
    seen.push(bytes);
    return bytes;
  };
  const kernel: ScryptKernel = {
    ...real,
    scryptGroup: (inputs, ...rest) => {
      for (const { password } of inputs) see(password);
      return real.scryptGroup(inputs, ...rest).map(see);
    },
  };
  return { kernel, seen };
}
