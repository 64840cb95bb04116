import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../protocol/browserid-keys.js';
import type { SingleKernel } from '../protocol/scrypt-kernel.js';
import type { StretchEngineName } from '../protocol/stretch-engines.js';

/** Salts have 32 bytes; email and password are UTF-8. */
export interface StretchRequest {
  email: Uint8Array;
  password: Uint8Array;
  stretchingSalt: Uint8Array;
  srpSalt: Uint8Array;
}

export interface StretchReply {
  verifier: Uint8Array;
  /** 32 bytes; kB = wrap(kB) XOR unwrapBKey. */
  unwrapBKey: Uint8Array;
}

/** Up to four passwords, computed in step. */
export type StretchBatch = StretchRequest[];

/** The memory of a batch: a slot for each password, all in the same shared memory. */
export interface SlotAllocation {
  memory: number;
  indexes: number[];
}

/** Result of one task of a batch. A failure does not affect the others. */
export type Outcome<Reply> = { reply: Reply } | { failure: string };

export type StretchOutcome = Outcome<StretchReply>;

export interface SingleMethods {
  single: SingleKernel;
  /** OpenSSL is faster where the processor has SHA extensions. */
  pbkdf2: 'kernel' | 'openssl';
}

export interface StretchPlan extends SingleMethods {
  /** 1 if larger batches save no CPU. */
  groupSize: number;
  batchMs: number;
}

export interface StretchTasks {
  stretch: {
    in: {
      batch: StretchBatch;
      slots: SlotAllocation;
    } & SingleMethods;
    out: StretchOutcome[];
  };
  measure: { in: { largestGroup: number }; out: StretchPlan };
}

export type StretchTask = {
  [Name in keyof StretchTasks]: { task: Name; input: StretchTasks[Name]['in'] };
}[keyof StretchTasks];

export interface StretchThreadData {
  engine: StretchEngineName;
  /** The slots of `native` and `wasm`, shared by all threads. */
  memories: WebAssembly.Memory[];
  /** For `wasm`: the kernel, compiled once for all threads. */
  module?: WebAssembly.Module | undefined;
}

export interface CryptoThreadData {
  modPow: 'openssl' | 'jsbn';
}

export interface CryptoOperations {
  srpStart: { in: { verifier: Uint8Array }; out: { b: Uint8Array; B: Uint8Array } };
  /** `K` is set if the client's proof M is right. */
  srpFinish: {
    in: { verifier: Uint8Array; b: Uint8Array; B: Uint8Array; A: Uint8Array; M: Uint8Array };
    out: { K: Uint8Array | undefined };
  };
  /** Numbers in hex. */
  checkDsaKey: { in: { y: string; p: string; q: string }; out: { isInSubgroup: boolean } };
  /** The key is a handle to OpenSSL's object: its bytes are not copied. */
  sign: {
    in: { keyId: string; algorithm: SigningAlgorithm; privateKey: KeyObject; payload: string };
    out: Promise<{ jwt: string }>;
  };
}

export type CryptoOperation = keyof CryptoOperations;

export type CryptoTask<Ops extends CryptoOperation = CryptoOperation> = {
  [Op in Ops]: { op: Op; input: CryptoOperations[Op]['in'] };
}[Ops];
