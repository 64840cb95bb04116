import type { StretchEngineName } from '../../messages.js';
import type { Engine } from './engine.js';
import { createOpensslEngine } from './openssl.js';
import { createPortableEngine } from './portable.js';
import { createSimdEngine } from './simd.js';

/** Builds the engine that `STRETCH_ENGINE` names. */
export function createEngine(name: StretchEngineName): Engine {
  switch (name) {
    case 'simd':
      return createSimdEngine();
    case 'openssl':
      return createOpensslEngine();
    case 'scrypt-js':
      return createPortableEngine();
  }
}
