import { workerData } from 'node:worker_threads';
import { computeVerifier } from '../../protocol/srp.js';
import { deriveMainKeys } from '../../protocol/stretching.js';
import type {
  StretchBatch,
  StretchOutcome,
  StretchReply,
  StretchRequest,
  StretchThreadData,
} from '../messages.js';
import { createEngine } from './engines/create-engine.js';

const { engine: engineName } = workerData as StretchThreadData;
const engine = createEngine(engineName);

/**
 * A stretch thread's one task: stretches one password or two and derives verifier and unwrapBKey.
 * Passwords and everything made from them on the way are wiped before it returns.
 */
export default function stretchBatch(batch: StretchBatch): StretchOutcome[] {
  try {
    const [a, b] = batch;
    if (b && engine.stretchPair) {
      const [stretchedA, stretchedB] = engine.stretchPair(a, b);
      return [attempt(() => deriveReply(a, stretchedA)), attempt(() => deriveReply(b, stretchedB))];
    }
    return batch.map((request) => attempt(() => deriveReply(request, engine.stretch(request))));
  } finally {
    for (const { password } of batch) password.fill(0);
  }
}

function deriveReply(request: StretchRequest, stretchedPW: Uint8Array): StretchReply {
  const { srpPW, unwrapBKey } = deriveMainKeys(stretchedPW, request.stretchingSalt);
  const verifier = computeVerifier(engine.modPow, request.srpSalt, request.email, srpPW);
  const reply = { verifier, unwrapBKey: unwrapBKey.slice() };
  for (const secret of [stretchedPW, srpPW, unwrapBKey]) secret.fill(0);
  return reply;
}

function attempt(derive: () => StretchReply): StretchOutcome {
  try {
    return { reply: derive() };
  } catch (error) {
    return { failure: (error as Error).name };
  }
}
