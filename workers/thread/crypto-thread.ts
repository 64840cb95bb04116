import { randomBytes } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import {
  computeB,
  computeServerProof,
  isSameProof,
  type ModPow,
  SRP_SECRET_BYTES,
} from '../../protocol/srp.js';
import type { CryptoOperation, CryptoOperations, CryptoTask, CryptoThreadData } from '../messages.js';
import { checkDsaKey } from './dsa-key.js';
import { createOpensslModPow } from './engines/openssl-mod-pow.js';
import { sign } from './signing.js';

const modPow = await createModPow((workerData as CryptoThreadData).modPow);

const operations: {
  [Op in CryptoOperation]: (input: CryptoOperations[Op]['in']) => CryptoOperations[Op]['out'];
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
  checkDsaKey,
  sign,
};

export default function runOperation({ op, input }: CryptoTask) {
  return (operations[op] as (input: unknown) => unknown)(input);
}

async function createModPow(name: CryptoThreadData['modPow']): Promise<ModPow> {
  if (name === 'openssl') return createOpensslModPow();
  return (await import('./engines/portable.js')).jsbnModPow;
}
