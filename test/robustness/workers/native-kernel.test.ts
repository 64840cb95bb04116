import { execFile, execFileSync } from 'node:child_process';
import { pbkdf2Sync, randomBytes, randomInt, scryptSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { findNativeProblem, loadNative } from '../../../workers/kernel/load-native.js';

const BUILD = 'workers/kernel/native/build.sh';
const CHECK = fileURLToPath(new URL('../../support/workers/check-native-kernel.js', import.meta.url));
const SANITIZERS = '-g -fsanitize=address,undefined -fno-sanitize-recover=all';
const ARM_COMPILER = 'aarch64-linux-gnu-gcc';

const { stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'native-kernel-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const isInstalled = (command: string) => {
  try {
    return execFileSync(command, ['--version']).length > 0;
  } catch {
    return false;
  }
};

const isas = findNativeProblem() ? [] : loadNative().isas;
t.test(
  'every instruction set is correct under AddressSanitizer and UndefinedBehaviorSanitizer',
  async (t) => {
    const addon = join(folder, 'stretch.node');
    const env = { ...process.env, CFLAGS: SANITIZERS };
    execFileSync('sh', [BUILD, 'workers/kernel/native/addon.c', addon], { env });
    const [asan, ubsan] = ['libasan.so', 'libubsan.so'].map((library) =>
      execFileSync(process.env.CC ?? 'cc', [`-print-file-name=${library}`], { encoding: 'utf8' }).trim(),
    );
    for (const isa of isas) {
      const sanitized = {
        ...process.env,
        STRETCH_ISA: isa,
        LD_PRELOAD: `${asan}:${ubsan}`,
        // V8 keeps what it allocates until the process ends.
        ASAN_OPTIONS: 'detect_leaks=0',
      };
      const options = { env: sanitized };
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        [CHECK, addon, '2', '100'],
        options,
      );
      t.equal(stdout + stderr, '', isa);
    }
  },
);

t.test('thousands of random inputs in eight threads agree with node:crypto', async (t) => {
  const addon = fileURLToPath(new URL('../../../workers/kernel/stretch.node', import.meta.url));
  for (const isa of isas) {
    const env = { ...process.env, STRETCH_ISA: isa };
    const { stdout } = await promisify(execFile)(process.execPath, [CHECK, addon, '8', '100'], { env });
    t.equal(stdout, '', isa);
  }
});

const withArm = {
  skip:
    !(isInstalled(ARM_COMPILER) && isInstalled('qemu-aarch64')) &&
    'needs the Debian packages gcc-aarch64-linux-gnu and qemu-user',
};
t.test('compiled for arm64, the kernel agrees with node:crypto under emulation', withArm, async (t) => {
  const program = join(folder, 'kernel-driver');
  const env = { ...process.env, CC: ARM_COMPILER, CFLAGS: '-static' };
  execFileSync('sh', [BUILD, 'test/support/workers/kernel-driver.c', program], { env });
  const run = (args: string[], input = '') =>
    execFileSync('qemu-aarch64', [program, ...args], { input, encoding: 'utf8' })
      .trim()
      .split('\n');
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const names = run([]);
  t.same(names, ['neon+sha', 'neon', 'scalar']);
  for (const name of names) {
    const lines: string[] = [];
    const expected: string[] = [];
    const ask = (line: string, inputs: Buffer[], keys: Uint8Array[]) => {
      lines.push(`${line} ${keys.length} ${inputs.map((bytes) => `x${hex(bytes)}`).join(' ')}`);
      expected.push(keys.map(hex).join(' '));
    };
    for (let size = 1; size <= 4; size++) {
      for (let round = 0; round < 100; round++) {
        const pairs = Array.from({ length: size }, () => [
          randomBytes(randomInt(200)),
          randomBytes(randomInt(200)),
        ]);
        const each = (derive: (P: Buffer, S: Buffer) => Buffer) =>
          pairs.map(([P, S]) => derive(P as Buffer, S as Buffer));
        const [N, r, p] = [2 ** randomInt(1, 7), randomInt(1, 10), randomInt(1, 4)];
        const [c, dkLen] = [randomInt(1, 30), randomInt(1, 100)];
        const scrypted = each((P, S) => scryptSync(P, S, dkLen, { N, r, p }));
        ask(`scrypt ${N} ${r} ${p} ${dkLen}`, pairs.flat(), scrypted);
        ask(
          `pbkdf2 ${c} ${dkLen}`,
          pairs.flat(),
          each((P, S) => pbkdf2Sync(P, S, c, dkLen, 'sha256')),
        );
      }
      const known = [stretching.password, stretching.email].map((text) => Buffer.from(text, 'hex'));
      const stretchedPW = Buffer.from(stretching.stretchedPW, 'hex');
      ask('stretch', Array(size).fill(known).flat(), Array(size).fill(stretchedPW));
    }
    t.equal(run([name], `${lines.join('\n')}\n`).join('\n'), expected.join('\n'), name);
  }
});
