import { scryptSync } from 'node:crypto';
import { scrypt as nobleScrypt } from '@noble/hashes/scrypt.js';
import { scrypt as hashWasmScrypt } from 'hash-wasm';
import sodium from 'libsodium-wrappers-sumo';
import scryptJs from 'scrypt-js';
import type { SingleKernel } from '../../protocol/scrypt-kernel.js';
import type { ScryptParameters } from '../../protocol/scrypt-parameters.js';
import { loadKernel } from '../../workers/kernel/load-kernel.js';

/** One implementation of scrypt on one core. */
export interface ScryptPeer {
  name: string;
  /** What it is, for a reader who has never met it. */
  what: string;
  /** How many passwords one call hashes. */
  perRun: number;
  /** The hashes of `password` (as often the same as one call hashes), 32 bytes each. */
  hash(password: Uint8Array): Uint8Array[] | Promise<Uint8Array[]>;
}

const DERIVED_BYTES = 32;

/** Every scrypt that this bench knows, slowest first. */
export async function createScryptPeers(parameters: ScryptParameters, salt: Uint8Array) {
  const { N, r, p } = parameters;
  await sodium.ready;
  const kernel = loadKernel();
  const ours =
    (count: number, single: SingleKernel = 'vector') =>
    (password: Uint8Array) =>
      kernel.scryptGroup(Array(count).fill({ password, salt }), parameters, DERIVED_BYTES, { single });
  return [
    {
      name: 'scrypt-js',
      what: 'JavaScript',
      perRun: 1,
      hash: (password) => [scryptJs.syncScrypt(password, salt, N, r, p, DERIVED_BYTES)],
    },
    {
      name: '@noble/hashes',
      what: 'JavaScript',
      perRun: 1,
      hash: (password) => [nobleScrypt(password, salt, { N, r, p, dkLen: DERIVED_BYTES })],
    },
    {
      name: 'hash-wasm',
      what: 'C in WebAssembly',
      perRun: 1,
      hash: async (password) => [
        await hashWasmScrypt({
          password,
          salt,
          costFactor: N,
          blockSize: r,
          parallelism: p,
          hashLength: DERIVED_BYTES,
          outputType: 'binary',
        }),
      ],
    },
    {
      name: 'libsodium',
      what: 'C in WebAssembly',
      perRun: 1,
      hash: (password) => [
        sodium.crypto_pwhash_scryptsalsa208sha256_ll(password, salt, N, r, p, DERIVED_BYTES),
      ],
    },
    {
      name: 'node:crypto',
      what: 'OpenSSL, portable C',
      perRun: 1,
      hash: (password) => [scryptSync(password, salt, DERIVED_BYTES, { N, r, p, maxmem: 256 * N * r })],
    },
    {
      name: 'scalar, one',
      what: 'this server: AssemblyScript, WebAssembly',
      perRun: 1,
      hash: ours(1, 'scalar'),
    },
    {
      name: 'wasm, one',
      what: 'this server: AssemblyScript, WebAssembly SIMD',
      perRun: 1,
      hash: ours(1),
    },
    { name: 'wasm, two', what: 'the same, two hashes in step', perRun: 2, hash: ours(2) },
    { name: 'wasm, three', what: 'the same, three hashes in step', perRun: 3, hash: ours(3) },
    { name: 'wasm, four', what: 'the same, four hashes in step', perRun: 4, hash: ours(4) },
  ] as const satisfies ScryptPeer[];
}

/** @throws Error that names a peer whose hash is not OpenSSL's: a fast wrong hash proves nothing */
export async function checkAgreement(peers: readonly ScryptPeer[], password: Uint8Array): Promise<void> {
  const expected = peers.find(({ name }) => name === 'node:crypto') as ScryptPeer;
  const [key] = (await expected.hash(password)) as [Uint8Array];
  for (const { name, hash } of peers) {
    for (const hashed of await hash(password)) {
      if (Buffer.compare(hashed, key) !== 0)
        throw new Error(`${name} computes another hash than node:crypto`);
    }
  }
}
