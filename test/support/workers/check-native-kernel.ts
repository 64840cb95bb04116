// Runs in a process with STRETCH_ISA set: checks the addon at the given path, prints a line per failure.

import { pbkdf2Sync, randomBytes, randomInt, scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread, threadId, Worker, workerData } from 'node:worker_threads';
import { SLOT_BYTES } from '../../../protocol/scrypt-parameters.js';
import { createSharedMemory } from '../../../workers/kernel/load-kernel.js';
import type { NativeKernel } from '../../../workers/kernel/load-native.js';
import { openSlots } from '../../../workers/stretch-slots.js';

interface Job {
  addon: string;
  memory: WebAssembly.Memory;
  firstSlot: number;
  rounds: number;
  sizes: number[];
}

const { stretching } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));

const ascii = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** RFC 7914, section 12; the last vector needs 1 GiB. */
const SCRYPT_VECTORS = [
  {
    P: '',
    S: '',
    N: 16,
    r: 1,
    p: 1,
    DK:
      '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442' +
      'fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
  },
  {
    P: 'password',
    S: 'NaCl',
    N: 1024,
    r: 8,
    p: 16,
    DK:
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
      '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  },
  {
    P: 'pleaseletmein',
    S: 'SodiumChloride',
    N: 16384,
    r: 8,
    p: 1,
    DK:
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  },
];

/** RFC 7914, section 11. */
const PBKDF2_VECTORS = [
  {
    P: 'passwd',
    S: 'salt',
    c: 1,
    DK:
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
      '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
  },
  {
    P: 'Password',
    S: 'NaCl',
    c: 80000,
    DK:
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56' +
      'a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
  },
];

function check({ addon, memory, firstSlot, rounds, sizes }: Job): string[] {
  const native = createRequire(import.meta.url)(addon) as NativeKernel;
  const wrong: string[] = [];
  const compare = (what: string, computed: Uint8Array[], expected: string[]) => {
    if (computed.map(hex).join() !== expected.join())
      wrong.push(`${native.isa}, thread ${threadId}: ${what}`);
  };
  for (const size of sizes) {
    const indexes = Array.from({ length: size }, (_, i) => firstSlot + ((i + size) % 4));
    const V = openSlots([memory], { memory: 0, indexes });
    /** Derives the key of each password. */
    const derive = (run: (arrays: Uint8Array[]) => void, P: Uint8Array[], S: Uint8Array[], dkLen: number) => {
      const keys = P.map(() => new Uint8Array(dkLen));
      run(keys.flatMap((DK, i) => [P[i], S[i], V[i], DK] as Uint8Array[]));
      return keys;
    };
    const scrypt = (P: Uint8Array[], S: Uint8Array[], N: number, r: number, p: number, dkLen: number) =>
      derive((arrays) => native.scrypt(N, r, p, ...arrays), P, S, dkLen);
    const pbkdf2 = (P: Uint8Array[], S: Uint8Array[], c: number, dkLen: number) =>
      derive((arrays) => native.pbkdf2(c, ...arrays), P, S, dkLen);
    const makeInputs = (longest: number) =>
      Array.from({ length: size }, () => randomBytes(randomInt(longest)));

    for (const { P, S, N, r, p, DK } of SCRYPT_VECTORS) {
      const [Ps, Ss] = [Array(size).fill(ascii(P)), Array(size).fill(ascii(S))];
      const computed = scrypt(Ps, Ss, N, r, p, 64);
      compare(`scrypt of RFC 7914, ${size}`, computed, Array(size).fill(DK));
    }
    for (const { P, S, c, DK } of PBKDF2_VECTORS) {
      const computed = pbkdf2(Array(size).fill(ascii(P)), Array(size).fill(ascii(S)), c, DK.length / 2);
      compare(`PBKDF2 of RFC 7914, ${size}`, computed, Array(size).fill(DK));
    }
    const [password, email] = [Buffer.from(stretching.password, 'hex'), Buffer.from(stretching.email, 'hex')];
    const [passwords, emails] = [Array(size).fill(password), Array(size).fill(email)];
    const stretched = derive((arrays) => native.stretch(...arrays), passwords, emails, 32);
    compare(`the protocol’s vector, ${size}`, stretched, Array(size).fill(stretching.stretchedPW));

    for (let round = 0; round < rounds; round++) {
      const [passwords, salts] = [makeInputs(200), makeInputs(200)];
      const [N, r, p] = [2 ** randomInt(1, 8), randomInt(1, 10), randomInt(1, 4)];
      const [c, dkLen] = [randomInt(1, 30), randomInt(1, 100)];
      const each = (derive: (P: Buffer, S: Buffer) => Buffer) =>
        passwords.map((P, i) => hex(derive(P, salts[i] as Buffer)));
      const scrypted = scrypt(passwords, salts, N, r, p, dkLen);
      const expected = each((P, S) => scryptSync(P, S, dkLen, { N, r, p }));
      compare(`scrypt, N ${N}, r ${r}, p ${p}, dkLen ${dkLen}, ${size}`, scrypted, expected);
      const derived = pbkdf2(passwords, salts, c, dkLen);
      compare(
        `PBKDF2, c ${c}, dkLen ${dkLen}, ${size}`,
        derived,
        each((P, S) => pbkdf2Sync(P, S, c, dkLen, 'sha256')),
      );
    }
  }
  return wrong;
}

if (isMainThread) {
  const [addon = '', threads = '1', rounds = '0', sizes = '1234'] = process.argv.slice(2);
  const memory = createSharedMemory(4 * Number(threads) * SLOT_BYTES);
  for (let thread = 0; thread < Number(threads); thread++) {
    const job: Job = {
      addon,
      memory,
      firstSlot: 4 * thread,
      rounds: Number(rounds),
      sizes: [...sizes].map(Number),
    };
    new Worker(new URL(import.meta.url), { workerData: job });
  }
} else {
  const wrong = check(workerData as Job);
  process.stdout.write(wrong.map((line) => `${line}\n`).join(''));
}
