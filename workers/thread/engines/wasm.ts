import type { ScryptKernel, SingleKernel } from '../../../protocol/scrypt-kernel.js';
import type { SlotAllocation } from '../../messages.js';
import type { Engine } from './engine.js';
import { opensslPbkdf2 } from './openssl.js';
import { opensslModPow } from './openssl-mod-pow.js';
import { type ScryptInput, stretchPasswords } from './stretching-chain.js';

/**
 * scrypt in WebAssembly with SIMD, one password or up to four in step; the rest through `node:crypto`.
 * @param kernels one for each of the memories that there is room in
 */
export function createWasmEngine(kernels: ScryptKernel[], measure: Engine['measure']): Engine {
  const kernelOf = ({ memory }: SlotAllocation) => {
    const kernel = kernels[memory];
    if (!kernel) throw new RangeError(`there is no memory ${memory}`);
    return kernel;
  };

  function scrypt(inputs: ScryptInput[], slots: SlotAllocation, single: SingleKernel): Uint8Array[] {
    const [{ length, ...parameters }] = inputs as [ScryptInput];
    return kernelOf(slots).scryptGroup(inputs, parameters, length, { slots: slots.indexes, single });
  }

  return {
    stretch: (inputs, slots, single) =>
      stretchPasswords({ pbkdf2: opensslPbkdf2, scrypt: (keys) => scrypt(keys, slots, single) }, inputs),
    modPow: opensslModPow,
    wipe(slots) {
      for (const slot of slots.indexes) kernelOf(slots).wipeSlot(slot);
    },
    measure,
  };
}
