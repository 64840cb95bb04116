import { scryptSync } from 'node:crypto';
import { simdSupported } from '../protocol/scrypt-kernel.js';
import type { StretchEngineName } from '../protocol/stretch-engines.js';
import { findNativeProblem } from './kernel/load-native.js';

/** What this machine's Node offers to stretch with. */
export interface StretchRuntime {
  /** The native kernel, which the build compiles where there is a C compiler. */
  native: boolean;
  /** WebAssembly with 128-bit SIMD. */
  wasmSimd: boolean;
  /** scrypt in OpenSSL: builds without it exist, and FIPS mode forbids it. */
  opensslScrypt: boolean;
}

/**
 * Chooses the engine to run where `wanted` is configured: `wasm` replaces `native`, and `openssl` replaces `wasm`, on
 * a machine without them.
 * @throws Error that says what to set, when OpenSSL is to stretch and has no scrypt
 */
export function resolveStretchEngine(
  wanted: StretchEngineName,
  runtime: StretchRuntime = detectRuntime(),
): StretchEngineName {
  let engine = wanted;
  if (engine === 'native' && !runtime.native) engine = 'wasm';
  if (engine === 'wasm' && !runtime.wasmSimd) engine = 'openssl';
  if (engine === 'openssl' && !runtime.opensslScrypt) {
    throw new Error('the OpenSSL of this Node has no scrypt: set STRETCH_ENGINE=scrypt-js');
  }
  return engine;
}

function detectRuntime(): StretchRuntime {
  return {
    native: findNativeProblem() === undefined,
    wasmSimd: simdSupported(),
    opensslScrypt: hasOpensslScrypt(),
  };
}

function hasOpensslScrypt(): boolean {
  try {
    return scryptSync('', '', 1, { N: 2 }).length === 1;
  } catch {
    return false;
  }
}
