import { workerData } from 'node:worker_threads';
import { computeVerifier } from '../../protocol/srp.js';
import { deriveMainKeys } from '../../protocol/stretching.js';
import type {
  StretchOutcome,
  StretchReply,
  StretchRequest,
  StretchTask,
  StretchTasks,
  StretchThreadData,
} from '../messages.js';
import { createEngine } from './engines/create-engine.js';

const engine = createEngine(workerData as StretchThreadData);

const tasks: {
  [Name in keyof StretchTasks]: (input: StretchTasks[Name]['in']) => StretchTasks[Name]['out'];
} = {
  stretch,
  measure({ largestGroup }) {
    if (!engine.measure) throw new Error('this engine does not measure a plan');
    return engine.measure(largestGroup);
  },
};

export default function runTask({ task, input }: StretchTask) {
  return (tasks[task] as (input: unknown) => unknown)(input);
}

/**
 * Wipes passwords and intermediate values, except in slots (see SlotWiper). Accepted limit: V8 keeps arrays
 * of up to 64 bytes in its heap, and a copy that the garbage collector leaves there is not wiped.
 */
function stretch({ batch, slots, ...methods }: StretchTasks['stretch']['in']): StretchOutcome[] {
  try {
    const together = stretchTogether();
    return batch.map((request, i) => attempt(request, () => together?.[i] ?? stretchAlone(request, i)));
  } finally {
    for (const { password } of batch) password.fill(0);
  }

  /** @returns `undefined` on failure: each password is then stretched alone */
  function stretchTogether(): Uint8Array[] | undefined {
    if (batch.length === 1) return undefined;
    try {
      return engine.stretch(batch, slots, methods);
    } catch {
      return undefined;
    }
  }

  function stretchAlone(request: StretchRequest, i: number): Uint8Array {
    const ownSlots = { memory: slots.memory, indexes: slots.indexes.slice(i, i + 1) };
    return engine.stretch([request], ownSlots, methods)[0] as Uint8Array;
  }
}

function attempt(request: StretchRequest, stretch: () => Uint8Array): StretchOutcome {
  const secrets: Uint8Array[] = [];
  try {
    const stretchedPW = stretch();
    secrets.push(stretchedPW);
    const { srpPW, unwrapBKey } = deriveMainKeys(stretchedPW, request.stretchingSalt);
    secrets.push(srpPW, unwrapBKey);
    const verifier = computeVerifier(engine.modPow, request.srpSalt, request.email, srpPW);
    const reply: StretchReply = { verifier, unwrapBKey: unwrapBKey.slice() };
    return { reply };
  } catch (error) {
    return { failure: (error as Error).name };
  } finally {
    for (const secret of secrets) secret.fill(0);
  }
}
