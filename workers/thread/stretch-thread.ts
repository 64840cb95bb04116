import { parentPort, workerData } from 'node:worker_threads';
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
import { warmUp } from './warm-up.js';

const { engine: engineName } = workerData as StretchThreadData;
const engine = createEngine(engineName);
parentPort?.postMessage(warmUp(engine));

/**
 * A stretch thread's one task: stretches one password or two and derives verifier and unwrapBKey.
 * Passwords and everything made from them on the way are wiped before it returns. An accepted limit: V8 keeps
 * arrays of up to 64 bytes in its heap, where the garbage collector may have moved one before it is wiped; the
 * copy it leaves lasts until that part of the heap is used again.
 */
export default function stretchBatch(batch: StretchBatch): StretchOutcome[] {
  try {
    return stretchTogether(batch) ?? batch.map((request) => attempt(request, () => engine.stretch(request)));
  } finally {
    for (const { password } of batch) password.fill(0);
  }
}

/** Nothing where the batch is no pair, or where a pair fails: whichever can be stretched will be, alone. */
function stretchTogether([a, b]: StretchBatch): StretchOutcome[] | undefined {
  if (!b || !engine.stretchPair) return undefined;
  try {
    const [stretchedA, stretchedB] = engine.stretchPair(a, b);
    return [attempt(a, () => stretchedA), attempt(b, () => stretchedB)];
  } catch {
    return undefined;
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
