import { randomBytes } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { computeB, computeServerProof, isSameProof, SRP_SECRET_BYTES } from '../../protocol/srp.js';
import type { QuickOperations, QuickTask, QuickThreadData, ThreadOperation } from '../messages.js';
import { createOpensslModPow } from './engines/openssl.js';
import { jsbnModPow } from './engines/portable.js';
import { sign } from './signing.js';

const { modPow: modPowName } = workerData as QuickThreadData;
const modPow = modPowName === 'openssl' ? createOpensslModPow() : jsbnModPow;

const operations: {
  [Op in ThreadOperation]: (input: QuickOperations[Op]['in']) => QuickOperations[Op]['out'];
} = {
  srpStart({ verifier }) {
    const b = new Uint8Array(randomBytes(SRP_SECRET_BYTES));
    return { b, B: computeB(modPow, verifier, b) };
  },
  srpFinish({ M, ...exchange }) {
    const expected = computeServerProof(modPow, exchange);
    exchange.b.fill(0);
    return { K: isSameProof(expected.M, M) ? expected.K : undefined };
  },
  sign,
};

/** A quick-lane thread's one task: runs the operation it names, a millisecond at most. */
export default function runOperation({ op, input }: QuickTask<ThreadOperation>) {
  return (operations[op] as (input: unknown) => unknown)(input);
}
