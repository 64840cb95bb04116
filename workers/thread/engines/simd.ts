import type { ScryptKernel } from '../../../protocol/scrypt-kernel.js';
import type { SingleMethod, SlotAllocation } from '../../messages.js';
import type { Engine } from './engine.js';
import { opensslPbkdf2, opensslScrypt } from './openssl.js';
import { opensslModPow } from './openssl-mod-pow.js';
import { type ScryptInput, stretchPasswords } from './stretching-chain.js';

/**
 * scrypt in WebAssembly with SIMD, one password or up to four in step; the rest through `node:crypto`.
 * @param kernels one for each of the memories that there is room in
 */
export function createSimdEngine(kernels: ScryptKernel[], measure: Engine['measure']): Engine {
  const kernelOf = ({ memory }: SlotAllocation) => {
    const kernel = kernels[memory];
    if (!kernel) throw new RangeError(`there is no memory ${memory}`);
    return kernel;
  };

  function scrypt(inputs: ScryptInput[], slots: SlotAllocation, single: SingleMethod): Uint8Array[] {
    const [first] = inputs as [ScryptInput];
    if (inputs.length === 1 && single === 'openssl') return [opensslScrypt(first)];
    const { length, ...parameters } = first;
    const placement = { slots: slots.indexes, single: single === 'scalar' ? single : ('vector' as const) };
    return kernelOf(slots).scryptGroup(inputs, parameters, length, placement);
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
