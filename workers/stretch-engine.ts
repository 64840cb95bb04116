import { scryptSync } from 'node:crypto';
import { simdSupported } from '../protocol/scrypt-kernel.js';
import type { StretchEngineName } from '../protocol/stretch-engines.js';
import { findNativeProblem } from './kernel/load-native.js';

export interface StretchRuntime {
  /** The native kernel, which the build compiles if there is a C compiler. */
  native: boolean;
  /** WebAssembly with 128-bit SIMD. */
  wasmSimd: boolean;
  /** scrypt in OpenSSL. Some builds lack it, and FIPS mode forbids it. */
  opensslScrypt: boolean;
}

/**
 * Returns the engine to run: `wasm` if `native` is unavailable, `openssl` if `wasm` is.
 * @throws Error with advice when `openssl` is unavailable too
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
