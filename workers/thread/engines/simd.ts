import type { ScryptKernel } from '../../../protocol/scrypt-kernel.js';
import type { LoneMethod, StretchRoom } from '../../messages.js';
import type { Engine } from './engine.js';
import { createOpensslModPow, opensslPbkdf2, opensslScrypt } from './openssl.js';
import { type ScryptInput, stretchPasswords } from './stretching-chain.js';

/**
 * scrypt in WebAssembly with SIMD, one password or up to four in step; the rest through `node:crypto`.
 * @param kernels one for each of the memories that there is room in
 */
export function createSimdEngine(kernels: ScryptKernel[], measure: Engine['measure']): Engine {
  const kernelOf = ({ memory }: StretchRoom) => {
    const kernel = kernels[memory];
    if (!kernel) throw new RangeError(`there is no memory ${memory}`);
    return kernel;
  };

  function scrypt(inputs: ScryptInput[], room: StretchRoom, lone: LoneMethod): Uint8Array[] {
    const [first] = inputs as [ScryptInput];
    if (inputs.length === 1 && lone === 'openssl') return [opensslScrypt(first)];
    const { length, ...parameters } = first;
    const placement = { slots: room.slots, lone: lone === 'scalar' ? lone : ('vector' as const) };
    return kernelOf(room).scryptGroup(inputs, parameters, length, placement);
  }

  return {
    stretch: (inputs, room, lone) =>
      stretchPasswords({ pbkdf2: opensslPbkdf2, scrypt: (keys) => scrypt(keys, room, lone) }, inputs),
    modPow: createOpensslModPow(),
    wipe(room) {
      for (const slot of room.slots) kernelOf(room).wipeSlot(slot);
    },
    measure,
  };
}
