import type { ScryptKernel } from '../../../protocol/scrypt-kernel.js';
import { STRETCHING_PARAMETERS } from '../../../protocol/stretching.js';
import type { SlotAllocation } from '../../messages.js';
import type { Engine } from './engine.js';
import { opensslPbkdf2 } from './openssl.js';
import { opensslModPow } from './openssl-mod-pow.js';
import { type Pbkdf2Input, type ScryptInput, stretchPasswords } from './stretching-chain.js';

/** @param kernels one for each memory */
export function createWasmEngine(kernels: ScryptKernel[], measure: Engine['measure']): Engine {
  const kernelOf = ({ memory }: SlotAllocation) => {
    const kernel = kernels[memory];
    if (!kernel) throw new RangeError(`there is no memory ${memory}`);
    return kernel;
  };

  return {
    stretch(inputs, slots, { single, pbkdf2 }) {
      const kernel = kernelOf(slots);
      const placement = { slots: slots.indexes, single, leaveTraces: true };
      const primitives = {
        pbkdf2: (inputs: Pbkdf2Input[]) =>
          inputs.length === 1 && pbkdf2 === 'openssl'
            ? inputs.map(opensslPbkdf2)
            : kernel.pbkdf2Group(inputs, STRETCHING_PARAMETERS.PBKDF2_rounds_1, placement),
        scrypt(inputs: ScryptInput[]) {
          const [{ length, ...parameters }] = inputs as [ScryptInput];
          return kernel.scryptGroup(inputs, parameters, length, placement);
        },
      };
      return stretchPasswords(primitives, inputs);
    },
    modPow: opensslModPow,
    measure,
  };
}
