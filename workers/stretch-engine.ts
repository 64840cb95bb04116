import { scryptSync } from 'node:crypto';
import { simdSupported } from '../protocol/scrypt-kernel.js';
import type { StretchEngineName } from './messages.js';

/** What this machine's Node offers to stretch with. */
export interface StretchRuntime {
  /** WebAssembly with 128-bit SIMD. */
  simd: boolean;
  /** scrypt in OpenSSL: builds without it exist, and FIPS mode forbids it. */
  opensslScrypt: boolean;
}

/**
 * The engine to run where `wanted` is asked for: `simd` becomes `openssl` where WebAssembly has no SIMD.
 * @throws Error that says what to set, when OpenSSL is to stretch and has no scrypt
 */
export function resolveStretchEngine(
  wanted: StretchEngineName,
  runtime: StretchRuntime = detectRuntime(),
): StretchEngineName {
  const engine = wanted === 'simd' && !runtime.simd ? 'openssl' : wanted;
  if (engine === 'openssl' && !runtime.opensslScrypt) {
    throw new Error('the OpenSSL of this Node has no scrypt: set STRETCH_ENGINE=scrypt-js');
  }
  return engine;
}

function detectRuntime(): StretchRuntime {
  return { simd: simdSupported(), opensslScrypt: hasOpensslScrypt() };
}

function hasOpensslScrypt(): boolean {
  try {
    return scryptSync('', '', 1, { N: 2 }).length === 1;
  } catch {
    return false;
  }
}
