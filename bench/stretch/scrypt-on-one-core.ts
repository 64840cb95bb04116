import { createKernelMemory } from '../../protocol/scrypt-kernel.js';
import { PAGE_BYTES, slotBytes } from '../../protocol/scrypt-parameters.js';
import { scryptInput } from '../../protocol/stretching.js';
import { readKernel } from '../../workers/kernel/load-kernel.js';
import { interleave } from '../measure/interleave.js';
import { median, pairedRatio, summarize } from '../measure/statistics.js';
import type { BenchContext, Measured } from '../suite.js';
import { checkAgreement, createScryptPeers } from './scrypt-peers.js';

/** What this server computes with: what is fastest on the machine, of these. */
const LONE = ['scalar, one', 'wasm, one'] as const;
const GROUPS = ['wasm, two', 'wasm, three', 'wasm, four'] as const;

/** scrypt alone, of every peer, on the main thread. */
export async function measureScryptOnOneCore({ quick, progress }: BenchContext): Promise<Measured> {
  const K1 = Uint8Array.from({ length: 32 }, (_, i) => i);
  const { N, r, p, salt } = scryptInput(K1);
  progress.step('scrypt on one core: every peer computes the same hash');
  const peers = await createScryptPeers({ N, r, p }, salt);
  await checkAgreement(peers, K1);

  const rounds = quick ? 3 : 15;
  progress.step(`scrypt on one core: ${rounds} rounds of ${peers.length} peers`);
  const competitors = peers.map(({ name, perRun, hash }) => ({ name, perRun, run: () => hash(K1) }));
  const timings = await interleave(competitors, { rounds, warmUps: 1, atLeastMs: 0, progress });

  const ratioTo = (name: keyof typeof timings, peer: keyof typeof timings) =>
    pairedRatio(timings[peer].cpuMs, timings[name].cpuMs);
  const best = (names: readonly (keyof typeof timings)[], peer: keyof typeof timings) =>
    Math.max(...names.map((name) => ratioTo(name, peer)));
  const wipeMs = measureWipe(slotBytes(N, r));
  return {
    sections: [
      {
        title: 'scrypt on one core',
        method:
          `N = ${N}, r = ${r}, p = ${p}: 64 MiB a hash. Peers take turns in one thread, ${rounds} rounds; ` +
          'medians per hash. Ratios are of CPU time, in the same round. Before that every peer has shown that it computes ' +
          `the same hash. Wiping the 64 MiB afterwards, which only this server's do, is in its figure: ${wipeMs.toFixed(1)} ms.`,
        table: {
          columns: [
            { heading: 'scrypt' },
            { heading: 'made of' },
            { heading: 'ms/hash' },
            { heading: '± %' },
            { heading: 'CPU ms/hash' },
            { heading: '× node:crypto', digits: 2 },
            { heading: '× scrypt-js', digits: 2 },
          ],
          rows: peers.map(({ name, what }) => {
            const { wallMs, cpuMs } = timings[name];
            const { median: middle, spread } = summarize(wallMs);
            return [
              name,
              what,
              middle,
              100 * spread,
              median(cpuMs),
              ratioTo(name, 'node:crypto'),
              ratioTo(name, 'scrypt-js'),
            ];
          }),
        },
        charts: [
          {
            kind: 'bars',
            title: 'One scrypt on one core',
            valueLabel: 'ms a hash (shorter is better)',
            bars: peers.map(({ name }) => ({
              label: name,
              value: median(timings[name].wallMs),
              highlight: /^(scalar|wasm), /.test(name),
            })),
          },
        ],
      },
    ],
    checks: [
      check('scrypt one at a time, against node:crypto', best(LONE, 'node:crypto'), 1.9),
      check('scrypt one at a time, against scrypt-js', best(LONE, 'scrypt-js'), 6),
      check('scrypt in step, against node:crypto', best(GROUPS, 'node:crypto'), 2.9),
      check('scrypt in step, against scrypt-js', best(GROUPS, 'scrypt-js'), 9),
    ],
    figures: Object.fromEntries(
      peers.map(({ name }) => [`scrypt ${name}, ms`, median(timings[name].wallMs)] as const),
    ),
  };
}

function check(what: string, measured: number, goal: number) {
  return { what, measured, bound: 'at least', goal, unit: '×' } as const;
}

/** What the kernel's wipe of one slot takes, in ms; in the kernel it is not to be told from the hash. */
function measureWipe(bytes: number): number {
  const memory = createKernelMemory();
  memory.grow(Math.ceil(bytes / PAGE_BYTES));
  const module = new WebAssembly.Module(readKernel('plain'));
  const { wipe } = new WebAssembly.Instance(module, { env: { memory } }).exports as {
    wipe(start: number, length: number): void;
  };
  // The first maps the pages.
  const times = Array.from({ length: 6 }, () => {
    const started = performance.now();
    wipe(0, bytes);
    return performance.now() - started;
  });
  return median(times.slice(1));
}
