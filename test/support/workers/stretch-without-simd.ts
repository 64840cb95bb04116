// Runs in a Node without SIMD in V8, for stretch-engine.test.ts.

import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '../../../protocol/hex.js';
import { Stretcher } from '../../../workers/stretcher.js';

const { stretching, srp } = JSON.parse(readFileSync('test/vectors.json', 'utf8'));

const batchSizes: number[] = [];
const stretcher = new Stretcher({
  engine: 'wasm',
  threads: 1,
  memoryMiB: 128,
  niceIncrement: 0,
  observe: (event) => {
    if (event.type === 'finished') batchSizes.push(event.batchSize);
  },
});
const replies = await Promise.all(
  ['a', 'b', 'c'].map((source) =>
    stretcher.stretch(
      {
        email: fromHex(stretching.email),
        password: fromHex(stretching.password),
        stretchingSalt: fromHex(stretching.passwordStretchingSalt),
        srpSalt: fromHex(srp.srpSalt),
      },
      { source },
    ),
  ),
);
const agree = replies.every(({ verifier }) => toHex(verifier) === srp.verifier);
process.stdout.write(JSON.stringify({ engine: stretcher.engine, batchSizes, agree }));
await stretcher.close();
