import { workerData } from 'node:worker_threads';
import type { SlotAllocation } from '../messages.js';
import { wipeSlots } from '../stretch-slots.js';

/** Wipes slots of the memories in `workerData`. */
export default function wipe(slots: SlotAllocation): void {
  wipeSlots(workerData as WebAssembly.Memory[], slots);
}
