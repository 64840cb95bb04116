import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { SLOT_BYTES } from '../../../protocol/scrypt-parameters.js';
import { createSharedMemory } from '../../../workers/kernel/load-kernel.js';
import { findNativeProblem, loadNative } from '../../../workers/kernel/load-native.js';
import { openSlots, wipeSlots } from '../../../workers/stretch-slots.js';
import { countByDepth } from '../../support/run/depth.js';
import { countTracesIn } from '../../support/workers/wasm-memory.js';

/** The memory of a stretch. */
const V_BYTES = 64 << 20;

const withNative = { skip: findNativeProblem() };
// Skipped tests do not use it.
const native = withNative.skip ? (undefined as never) : loadNative();

const ADDON = fileURLToPath(new URL('../../../workers/kernel/stretch.node', import.meta.url));
const CHECK = fileURLToPath(new URL('../../support/workers/check-native-kernel.js', import.meta.url));

/** Threads, random rounds, and sizes of groups. The robustness tier checks each size in eight threads. */
const EXTENT = [`${countByDepth(1, 2)}`, `${countByDepth(10, 50)}`, countByDepth(14, 1234).toString()];

for (const isa of withNative.skip ? [] : native.isas) {
  t.test(`${isa}: agrees with RFC 7914, the protocol’s vectors and random inputs`, async (t) => {
    const env = { ...process.env, STRETCH_ISA: isa };
    const { stdout } = await promisify(execFile)(process.execPath, [CHECK, ADDON, ...EXTENT], { env });
    t.equal(stdout, '');
  });
}

t.test('an unsupported instruction set is refused by name', withNative, async (t) => {
  const env = { ...process.env, STRETCH_ISA: 'avx1024' };
  const check = promisify(execFile)(process.execPath, [CHECK, ADDON], { env });
  await t.rejects(check, { message: /STRETCH_ISA names no instruction set of this processor/ });
});

t.test(
  'the memory is kept out of core dumps, and a stretch leaves secrets in its slots',
  { skip: withNative.skip ?? (platform() !== 'linux' && 'reads /proc') },
  async (t) => {
    const memory = createSharedMemory(4 * SLOT_BYTES);
    native.resetMemory(new Uint8Array(memory.buffer));
    const { bytes, flags } = findMapping(memory);
    t.equal(bytes, memory.buffer.byteLength);
    t.ok(flags.includes('dd'), 'MADV_DONTDUMP');
    const slots = openSlots([memory], { memory: 0, indexes: [0, 1, 2, 3] });
    const countTraces = () =>
      slots.map(({ buffer, byteOffset, length }) => countTracesIn(Buffer.from(buffer, byteOffset, length)));
    t.same(countTraces(), [0, 0, 0, 0]);
    const V = [3, 0, 2].map((slot) => slots[slot] as Uint8Array);
    native.stretch(
      ...V.flatMap((V) => [Buffer.from('password'), Buffer.from('email'), V, new Uint8Array(32)]),
    );
    for (const [slot, traces] of countTraces().entries()) {
      if (slot === 1) t.equal(traces, 0, 'it was not given');
      else t.ok(traces > 0.99 * V_BYTES);
    }
    for (const slot of [0, 2, 3]) wipeSlots([memory], { memory: 0, indexes: [slot] });
    t.same(countTraces(), [0, 0, 0, 0]);
  },
);

t.test('invalid numbers, lengths and arrays are refused before memory is touched', withNative, async (t) => {
  const memory = new Uint8Array(createSharedMemory(2 * V_BYTES).buffer);
  const [first, second] = [memory.subarray(0, V_BYTES), memory.subarray(V_BYTES)];
  const [bytes, DK, none] = [new Uint8Array(8), new Uint8Array(32), new Uint8Array(0)];
  const stretch =
    (...arrays: unknown[]) =>
    () =>
      native.stretch(...(arrays as Uint8Array[]));
  const scrypt =
    (N: number, r: number, p: number, V = first, key = DK) =>
    () =>
      native.scrypt(N, r, p, bytes, bytes, V, key);
  const one = [bytes, bytes, first, DK];
  const refused: [() => unknown, RegExp][] = [
    [stretch(), /four arrays each are needed for one to 4 passwords/],
    [stretch(...one, bytes), /four arrays each are needed/],
    [stretch(bytes, bytes, first), /four arrays each are needed/],
    [stretch(...one, ...one, ...one, ...one, ...one), /four arrays each are needed/],
    [stretch(...one, bytes, bytes, first, DK), /every password needs a V of its own/],
    [stretch(...one, bytes, bytes, memory.subarray(64, V_BYTES + 64), DK), /a V of its own/],
    [stretch(bytes, bytes, memory.subarray(1), DK), /V must begin at a multiple of 64 bytes/],
    [stretch(bytes, bytes, first.subarray(64), DK), /V must be a Uint8Array of 67108864 to/],
    [stretch(bytes, bytes, none, DK), /V must be a Uint8Array of 67108864 to/],
    [stretch(bytes, bytes, 0, DK), /V must be a Uint8Array/],
    [stretch(bytes, bytes, new BigUint64Array(first.buffer, 0, V_BYTES / 8), DK), /V must be a Uint8Array/],
    [stretch('password', bytes, first, DK), /P must be a Uint8Array of 0 to 1024 bytes/],
    [stretch(new Uint32Array(2), bytes, first, DK), /P must be a Uint8Array/],
    [stretch(new Uint8Array(1025), bytes, first, DK), /P must be a Uint8Array of 0 to 1024 bytes/],
    [stretch(bytes, new Uint8Array(1025), first, DK), /S must be a Uint8Array of 0 to 1024 bytes/],
    [stretch(bytes, bytes, first, new Uint8Array(31)), /every DK must have 32 bytes/],
    [stretch(bytes, bytes, first, new Uint8Array(33)), /every DK must have 32 bytes/],
    [stretch(...one, bytes, bytes, second, new Uint8Array(31)), /every DK must have 32 bytes/],
    [scrypt(1, 8, 1), /N must be an integer from 2 to/],
    [scrypt(2 ** 32, 8, 1), /N must be an integer from 2 to/],
    [scrypt(16.5, 8, 1), /N must be an integer from 2 to/],
    [scrypt('16' as never, 8, 1), /N must be an integer from 2 to/],
    [scrypt(131072, 8, 1), /V must be a Uint8Array of 134217728 to/],
    [scrypt(65536, 9, 1), /V must be a Uint8Array of 75497472 to/],
    [scrypt(48, 8, 1), /N must be a power of two/],
    [scrypt(16, 0, 1), /r must be an integer from 1 to 32/],
    [scrypt(16, 33, 1), /r must be an integer from 1 to 32/],
    [scrypt(16, 8, 17), /p must be an integer from 1 to 16/],
    [scrypt(16, 8, 1, first, none), /DK must be a Uint8Array of 1 to 1024 bytes/],
    [scrypt(16, 8, 1, first, new Uint8Array(1025)), /DK must be a Uint8Array of 1 to 1024 bytes/],
    [() => native.pbkdf2(0, bytes, bytes, none, DK), /c must be an integer from 1/],
    [() => native.resetMemory('memory' as never), /V must be a Uint8Array/],
    [() => native.resetMemory(memory.subarray(4096)), /V must consist of whole pages/],
    [() => native.resetMemory(memory.subarray(0, 4096)), /V must consist of whole pages/],
  ];
  for (const [call, message] of refused) t.throws(call, { message });
  t.ok(Buffer.from(memory.buffer).equals(Buffer.alloc(memory.length)));
});

/** Finds the memory's mapping (proc(5), smaps) by a marker: other tests have memories too. */
function findMapping({ buffer }: WebAssembly.Memory): { bytes: number; flags: string[] } {
  const marker = randomBytes(32);
  const place = Buffer.from(buffer, 0, marker.length);
  place.set(marker);
  const processMemory = openSync('/proc/self/mem', 'r');
  try {
    for (const mapping of readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
      const [start, end] = /^([0-9a-f]+)-([0-9a-f]+) rw-/
        .exec(mapping)
        ?.slice(1)
        .map((address) => Number.parseInt(address, 16)) ?? [0, 0];
      if (!start || !end) continue;
      if (readStart(processMemory, start, marker.length).equals(marker)) {
        return { bytes: end - start, flags: /^VmFlags: (.*)$/m.exec(mapping)?.[1]?.split(' ') ?? [] };
      }
    }
  } finally {
    closeSync(processMemory);
    place.fill(0);
  }
  throw new Error('the memory is not mapped');
}

/** Returns the first bytes of a mapping, or zeros where V8 protects it with a key (EIO). */
function readStart(processMemory: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  try {
    readSync(processMemory, bytes, 0, length, start);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
  }
  return bytes;
}
