import { loadNative } from '../../kernel/load-native.js';
import type { SlotAllocation } from '../../messages.js';
import type { Engine } from './engine.js';
import { opensslModPow } from './openssl-mod-pow.js';

/** @param regions regions of slots, by number of the memory. @throws Error when the kernel was not built */
export function createNativeEngine(regions: readonly number[]): Engine {
  const native = loadNative();
  const regionOf = ({ memory }: SlotAllocation) => {
    const region = regions[memory];
    if (region === undefined) throw new RangeError(`there is no memory ${memory}`);
    return region;
  };

  return {
    stretch(inputs, slots) {
      const passwords = inputs.map(({ password }) => password);
      const emails = inputs.map(({ email }) => email);
      return native.stretch(regionOf(slots), slots.indexes, passwords, emails);
    },
    modPow: opensslModPow,
    wipe(slots) {
      for (const slot of slots.indexes) native.wipeSlot(regionOf(slots), slot);
    },
  };
}
