import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { pbkdf2 as noblePbkdf2 } from '@noble/hashes/pbkdf2.js';
import { scrypt as nobleScrypt } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createSHA256, pbkdf2 as hashWasmPbkdf2, scrypt as hashWasmScrypt } from 'hash-wasm';
import sodium from 'libsodium-wrappers-sumo';
import scryptJs from 'scrypt-js';
import sodiumNative from 'sodium-native';
import { STRETCHING_PARAMETERS } from '../../protocol/stretching.js';
import { createSharedMemory, loadKernel } from '../../workers/kernel/load-kernel.js';
import { findNativeProblem, loadNative } from '../../workers/kernel/load-native.js';

export interface Peer {
  name: string;
  what: string;
  isOwn: boolean;
  /** Number of passwords in one run. */
  perRun: number;
  run(): Uint8Array[] | Promise<Uint8Array[]>;
}

const { scrypt_N: N, scrypt_r: r, scrypt_p: p, PBKDF2_rounds_1: c } = STRETCHING_PARAMETERS;
const DK_BYTES = 32;
const PASSWORD = Uint8Array.from({ length: 32 }, (_, i) => i);
/** 32 bytes, the only length that sodium-native accepts. */
const SALT = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
const HASH_WASM = { password: PASSWORD, salt: SALT, hashLength: DK_BYTES, outputType: 'binary' } as const;
/** libsodium derives N = opslimit / 32 from it. */
const SODIUM_OPSLIMIT = 32 * N;

const peer = (name: string, what: string, run: () => Uint8Array | Promise<Uint8Array>): Peer => ({
  name,
  what,
  isOwn: false,
  perRun: 1,
  run: async () => [await run()],
});

const own = (engine: string, what: string, hash: (count: number) => Uint8Array[]): Peer[] =>
  [1, 4].map((perRun) => ({
    name: perRun === 1 ? `${engine}, alone` : `${engine}, four in step`,
    what,
    isOwn: true,
    perRun,
    run: () => hash(perRun),
  }));

/** scrypt with N = 65536, r = 8, p = 1: 64 MiB a hash. */
export async function createScryptPeers(): Promise<Peer[]> {
  await sodium.ready;
  return [
    peer('scrypt-js', 'JavaScript', () => scryptJs.syncScrypt(PASSWORD, SALT, N, r, p, DK_BYTES)),
    peer('@noble/hashes', 'JavaScript', () => nobleScrypt(PASSWORD, SALT, { N, r, p, dkLen: DK_BYTES })),
    peer('hash-wasm', 'C in WebAssembly', () =>
      hashWasmScrypt({ ...HASH_WASM, costFactor: N, blockSize: r, parallelism: p }),
    ),
    peer('libsodium', 'C in WebAssembly', () =>
      sodium.crypto_pwhash_scryptsalsa208sha256_ll(PASSWORD, SALT, N, r, p, DK_BYTES),
    ),
    peer('sodium-native', 'C, SSE2', () => {
      const out = new Uint8Array(DK_BYTES);
      const { crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE: memlimit } = sodiumNative;
      sodiumNative.crypto_pwhash_scryptsalsa208sha256(out, PASSWORD, SALT, SODIUM_OPSLIMIT, memlimit);
      return out;
    }),
    peer('node:crypto', 'OpenSSL, C', () =>
      scryptSync(PASSWORD, SALT, DK_BYTES, { N, r, p, maxmem: 256 * N * r }),
    ),
    ...own('wasm', 'AssemblyScript in WebAssembly', createWasmScrypt()),
    ...(findNativeProblem() ? [] : own('native', describeNative(), createNativeScrypt())),
  ];
}

/** PBKDF2-HMAC-SHA256 with 20,000 rounds. libsodium has none; scrypt-js does not export its own. */
export async function createPbkdf2Peers(): Promise<Peer[]> {
  const native = findNativeProblem() ? undefined : loadNative();
  return [
    peer('@noble/hashes', 'JavaScript', () => noblePbkdf2(sha256, PASSWORD, SALT, { c, dkLen: DK_BYTES })),
    peer('hash-wasm', 'C in WebAssembly', () =>
      hashWasmPbkdf2({ ...HASH_WASM, iterations: c, hashFunction: createSHA256() }),
    ),
    peer('node:crypto', 'OpenSSL, assembler', () => pbkdf2Sync(PASSWORD, SALT, c, DK_BYTES, 'sha256')),
    ...(native
      ? own('native', describeNative(), (count) =>
          deriveKeys(count, (arrays) => native.pbkdf2(c, ...arrays), new Uint8Array()),
        )
      : []),
  ];
}

/** @throws Error that names a peer whose result is not OpenSSL's */
export async function checkAgreement(peers: readonly Peer[]): Promise<void> {
  const openssl = peers.find(({ name }) => name === 'node:crypto') as Peer;
  const [expected] = (await openssl.run()) as [Uint8Array];
  for (const { name, run } of peers) {
    for (const result of await run()) {
      if (Buffer.compare(result, expected) !== 0) throw new Error(`${name} disagrees with node:crypto`);
    }
  }
}

function createWasmScrypt() {
  const kernel = loadKernel();
  return (count: number) =>
    kernel.scryptGroup(Array(count).fill({ password: PASSWORD, salt: SALT }), { N, r, p }, DK_BYTES);
}

function createNativeScrypt() {
  const native = loadNative();
  const memory = new Uint8Array(createSharedMemory(4 * 128 * N * r).buffer);
  native.resetMemory(memory);
  return (count: number) => deriveKeys(count, (arrays) => native.scrypt(N, r, p, ...arrays), memory);
}

/** Calls a function of the native kernel for a number of passwords, each with a quarter of the memory. */
function deriveKeys(count: number, derive: (arrays: Uint8Array[]) => void, memory: Uint8Array): Uint8Array[] {
  const keys = Array.from({ length: count }, () => new Uint8Array(DK_BYTES));
  const bytes = memory.length / 4;
  derive(keys.flatMap((DK, i) => [PASSWORD, SALT, memory.subarray(i * bytes, (i + 1) * bytes), DK]));
  return keys;
}

function describeNative(): string {
  return `C, ${loadNative().isa.toUpperCase()}`;
}
