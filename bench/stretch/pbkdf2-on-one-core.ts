import { pbkdf2Sync } from 'node:crypto';
import { pbkdf2 as noblePbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createSHA256, pbkdf2 as hashWasmPbkdf2 } from 'hash-wasm';
import { firstPbkdf2Input } from '../../protocol/stretching.js';
import { interleave } from '../measure/interleave.js';
import { median, pairedRatio, summarize } from '../measure/statistics.js';
import type { BenchContext, Measured } from '../suite.js';

const encode = (text: string) => new TextEncoder().encode(text);

/** One of the two PBKDF2 of a stretch. libsodium has none; scrypt-js keeps its own to itself. */
export async function measurePbkdf2OnOneCore({ quick, progress }: BenchContext): Promise<Measured> {
  const input = firstPbkdf2Input(encode('me@example.com'), encode('a password of some length'));
  const { password, salt, rounds: iterations, length: hashLength } = input;
  const competitors = [
    {
      name: '@noble/hashes',
      run: () => noblePbkdf2(sha256, password, salt, { c: iterations, dkLen: hashLength }),
    },
    {
      name: 'hash-wasm',
      run: () =>
        hashWasmPbkdf2({
          password,
          salt,
          iterations,
          hashLength,
          hashFunction: createSHA256(),
          outputType: 'binary',
        }),
    },
    { name: 'node:crypto', run: () => pbkdf2Sync(password, salt, iterations, hashLength, 'sha256') },
  ] as const;
  const rounds = quick ? 5 : 30;
  progress.step(`PBKDF2 on one core: ${rounds} rounds of ${competitors.length} peers`);
  const timings = await interleave([...competitors], { rounds, warmUps: 2, atLeastMs: 20, progress });
  return {
    sections: [
      {
        title: 'PBKDF2 on one core',
        method: `${iterations} rounds of HMAC-SHA256, of which a stretch has two; ${rounds} rounds in turns.`,
        table: {
          columns: [
            { heading: 'PBKDF2' },
            { heading: 'ms' },
            { heading: '± %' },
            { heading: 'CPU ms' },
            { heading: '× node:crypto', digits: 2 },
          ],
          rows: competitors.map(({ name }) => {
            const { wallMs, cpuMs } = timings[name];
            const { median: middle, spread } = summarize(wallMs);
            const ratio = pairedRatio(timings['node:crypto'].cpuMs, cpuMs);
            return [name, middle, 100 * spread, median(cpuMs), ratio];
          }),
        },
        charts: [],
      },
    ],
    checks: [],
    figures: { 'PBKDF2 node:crypto, ms': median(timings['node:crypto'].wallMs) },
  };
}
