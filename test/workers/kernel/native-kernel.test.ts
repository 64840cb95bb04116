import { execFile } from 'node:child_process';
import { platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { findNativeProblem, loadNative } from '../../../workers/kernel/load-native.js';
import { countByDepth } from '../../support/run/depth.js';
import { readNativeMemory } from '../../support/workers/native-memory.js';

const SLOT_BYTES = 64 << 20;
const HUGE_PAGE_BYTES = 2 << 20;

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
  'a stretch leaves secrets in its slots until they are wiped, and core dumps exclude them',
  { skip: withNative.skip ?? (platform() !== 'linux' && 'reads /proc') },
  async (t) => {
    const region = native.mapSlots(4);
    t.same(readNativeMemory(), { bytes: 4 * SLOT_BYTES + HUGE_PAGE_BYTES, traces: 0 });
    const inputs = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    native.stretch(region, [3, 0, 2], inputs, inputs);
    t.ok(readNativeMemory().traces > 3 * 0.99 * SLOT_BYTES);
    for (const slot of [0, 2]) native.wipeSlot(region, slot);
    const { traces } = readNativeMemory();
    t.ok(traces > 0.99 * SLOT_BYTES && traces <= SLOT_BYTES, 'secrets of one slot remain');
    native.wipeSlot(region, 3);
    t.equal(readNativeMemory().traces, 0);
    native.unmapSlots(region);
    t.equal(readNativeMemory().bytes, 0);
  },
);

t.test('invalid numbers, lengths and slots are refused before memory is touched', withNative, async (t) => {
  const region = native.mapSlots(2);
  const bytes = new Uint8Array(8);
  const long = new Uint8Array(1025);
  const stretch =
    (slots: unknown, passwords: unknown, emails: unknown, where: unknown = region) =>
    () =>
      native.stretch(where as number, slots as number[], passwords as Uint8Array[], emails as Uint8Array[]);
  const scrypt = (N: number, r: number, p: number, dkLen: number) => () =>
    native.scrypt(region, [0], [bytes], [bytes], N, r, p, dkLen);
  const refused: [() => unknown, RegExp][] = [
    [stretch([2], [bytes], [bytes]), /the region has no such slot/],
    [stretch([-1], [bytes], [bytes]), /a slot must be an integer from 0/],
    [stretch([0.5], [bytes], [bytes]), /a slot must be an integer/],
    [stretch([2 ** 32], [bytes], [bytes]), /a slot must be an integer/],
    [stretch(['0'], [bytes], [bytes]), /a slot must be an integer/],
    [stretch([0, 0], [bytes, bytes], [bytes, bytes]), /a slot of its own/],
    [stretch([0, 1], [bytes], [bytes, bytes]), /arrays must be of the same length/],
    [stretch([0], [bytes], []), /salts must be an array of 1 to 4/],
    [stretch([], [], []), /slots must be an array of 1 to 4/],
    [stretch([0, 1, 0, 1, 0], [bytes], [bytes]), /slots must be an array of 1 to 4/],
    [stretch(undefined, [bytes], [bytes]), /slots must be an array of 1 to 4/],
    [stretch([0], ['password'], [bytes]), /passwords must be Uint8Arrays of at most 1024 bytes/],
    [stretch([0], [new Uint32Array(2)], [bytes]), /passwords must be Uint8Arrays/],
    [stretch([0], [long], [bytes]), /passwords must be Uint8Arrays of at most 1024 bytes/],
    [stretch([0], [bytes], [long]), /salts must be Uint8Arrays of at most 1024 bytes/],
    [stretch([0], [bytes], [bytes], 63), /there is no such region/],
    [stretch([0], [bytes], [bytes], 64), /there is no such region/],
    [stretch([0], [bytes], [bytes], -1), /region must be an integer/],
    [scrypt(1, 8, 1, 32), /N must be an integer from 2 to 65536/],
    [scrypt(131072, 8, 1, 32), /N must be an integer from 2 to 65536/],
    [scrypt(65536, 9, 1, 32), /N must be an integer from 2 to 58254/],
    [scrypt(48, 8, 1, 32), /N must be a power of two/],
    [scrypt(16, 0, 1, 32), /r must be an integer from 1 to 32/],
    [scrypt(16, 33, 1, 32), /r must be an integer from 1 to 32/],
    [scrypt(16, 8, 17, 32), /p must be an integer from 1 to 16/],
    [scrypt(16, 8, 1, 0), /dkLen must be an integer from 1 to 1024/],
    [scrypt(16, 8, 1, 1025), /dkLen must be an integer from 1 to 1024/],
    [() => native.pbkdf2([bytes], [bytes], 0, 32), /c must be an integer from 1/],
    [() => native.mapSlots(0), /the number of slots must be an integer from 1/],
    [() => native.mapSlots(4097), /the number of slots must be an integer from 1 to 4096/],
    [() => native.unmapSlots(63), /there is no such region/],
    [() => native.wipeSlot(region, 2), /the region has no such slot/],
  ];
  for (const [call, message] of refused) t.throws(call, { message });
  native.unmapSlots(region);
  t.throws(stretch([0], [bytes], [bytes]), { message: 'there is no such region of slots' });
});
