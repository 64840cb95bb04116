import { scryptSync } from 'node:crypto';
import { simdSupported } from '../protocol/scrypt-kernel.js';
import type { StretchEngineName } from '../protocol/stretch-engines.js';
import { findNativeProblem } from './kernel/load-native.js';

export interface StretchRuntime {
  /** The build compiles it if there is a C compiler. */
  native: boolean;
  wasmSimd: boolean;
  /** scrypt in OpenSSL. Some builds lack it, and FIPS mode forbids it. */
  opensslScrypt: boolean;
}

/** Returns `wanted`, or the next engine that can run. @throws Error with advice when none can */
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
