import { loadNative } from '../../kernel/load-native.js';
import { openSlots } from '../../stretch-slots.js';
import type { Engine } from './engine.js';
import { opensslModPow } from './openssl-mod-pow.js';

/** @throws Error when the kernel was not built */
export function createNativeEngine(memories: WebAssembly.Memory[]): Engine {
  const native = loadNative();
  return {
    stretch(inputs, slots) {
      const keys = inputs.map(() => new Uint8Array(new ArrayBuffer(32)));
      const V = openSlots(memories, slots);
      const arrays = inputs.map(({ password, email }, i) => [password, email, V[i], keys[i]] as Uint8Array[]);
      native.stretch(...arrays.flat());
      return keys;
    },
    modPow: opensslModPow,
  };
}
