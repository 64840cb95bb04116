import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../protocol/browserid-keys.js';
import type { SingleKernel } from '../protocol/scrypt-kernel.js';
import type { StretchEngineName } from '../protocol/stretch-engines.js';

/** What crosses the boundary between the server and a worker thread: one message in, one reply out. */

/** One password to stretch. All salts are 32 bytes; email and password are UTF-8 bytes. */
export interface StretchRequest {
  email: Uint8Array;
  password: Uint8Array;
  /** The account's passwordStretching salt. */
  stretchingSalt: Uint8Array;
  srpSalt: Uint8Array;
}

/** What a stretched password yields. */
export interface StretchReply {
  /** The SRP verifier, 256 bytes. */
  verifier: Uint8Array;
  /** 32 bytes; kB = wrap(kB) XOR unwrapBKey. */
  unwrapBKey: Uint8Array;
}

/** Up to four passwords that share a core. */
export type StretchBatch = StretchRequest[];

/** The memory of a batch: a slot for each of its passwords, all in one of the shared memories. */
export interface SlotAllocation {
  memory: number;
  indexes: number[];
}

/** A reply for each request of the batch, in its order; one that failed says why and harms no other. */
export type StretchOutcome = { reply: StretchReply } | { failure: string };

/** How `wasm` computes one password alone. */
export interface SingleMethods {
  single: SingleKernel;
  /** OpenSSL is faster where the processor has SHA extensions. */
  pbkdf2: 'kernel' | 'openssl';
}

/** How passwords are stretched on this machine. */
export interface StretchPlan extends SingleMethods {
  /** The most passwords worth stretching together; 1 where company saves nothing. */
  groupSize: number;
  /** What a stretch of 1, 2 … `groupSize` passwords together is expected to take, in ms. */
  expectedMs: number[];
}

/** What a stretch thread can be told to do, and what it answers. */
export interface StretchTasks {
  stretch: {
    in: {
      batch: StretchBatch;
      slots: SlotAllocation;
      /** Slots that hold traces of an earlier batch, and are not overwritten by this one. */
      wipeFirst: SlotAllocation;
    } & SingleMethods;
    out: StretchOutcome[];
  };
  /** Zeroes slots. */
  wipe: { in: { slots: SlotAllocation }; out: undefined };
  /** Finds the fastest way to stretch. */
  measure: { in: { largestGroup: number }; out: StretchPlan };
}

export type StretchTask = {
  [Name in keyof StretchTasks]: { task: Name; input: StretchTasks[Name]['in'] };
}[keyof StretchTasks];

/** Given to a stretch thread when it starts. */
export interface StretchThreadData {
  engine: StretchEngineName;
  /** For `wasm`: the kernel, compiled once for all threads, and the memories that they share. */
  kernel?: { module: WebAssembly.Module; memories: WebAssembly.Memory[] } | undefined;
  /** For `native`: the regions of its slots, one for each memory. */
  regions?: number[] | undefined;
}

/** Given to a thread of the crypto pool when it starts. */
export interface CryptoThreadData {
  modPow: 'openssl' | 'jsbn';
}

/** The operations of the crypto pool. */
export interface CryptoOperations {
  srpStart: { in: { verifier: Uint8Array }; out: { b: Uint8Array; B: Uint8Array } };
  /** `K` only when the client's proof M is right. */
  srpFinish: {
    in: { verifier: Uint8Array; b: Uint8Array; B: Uint8Array; A: Uint8Array; M: Uint8Array };
    out: { K: Uint8Array | undefined };
  };
  /** Numbers in hex. */
  checkDsaKey: { in: { y: string; p: string; q: string }; out: { isInSubgroup: boolean } };
  /** The key is a handle of OpenSSL's: its bytes are not copied. */
  sign: {
    in: { keyId: string; algorithm: SigningAlgorithm; privateKey: KeyObject; payload: string };
    out: Promise<{ jwt: string }>;
  };
}

export type CryptoOperation = keyof CryptoOperations;

export type CryptoTask<Ops extends CryptoOperation = CryptoOperation> = {
  [Op in Ops]: { op: Op; input: CryptoOperations[Op]['in'] };
}[Ops];
