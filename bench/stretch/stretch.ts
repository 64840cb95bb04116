import { interleave, type Timings } from '../measure/interleave.js';
import { median, pairedRatio, summarize } from '../measure/statistics.js';
import type { Section } from '../results.js';
import type { BenchContext, Measured, Suite } from '../suite.js';
import { checkAgreement, createPbkdf2Peers, createScryptPeers, type Peer } from './peers.js';

const BASE = 'node:crypto';

/** Password stretching on one core: this server's engines and other implementations. */
export const stretch: Suite = {
  name: 'stretch',
  title: 'Stretching on one core',
  async run(context: BenchContext): Promise<Measured> {
    const scrypt = await race('scrypt', await createScryptPeers(), context, context.quick ? 3 : 9);
    const pbkdf2 = await race('PBKDF2', await createPbkdf2Peers(), context, context.quick ? 5 : 15);
    return {
      sections: [
        describeStretch(scrypt, pbkdf2),
        describeRace('scrypt', 'N = 65536, r = 8, p = 1: 64 MiB a hash', scrypt),
        describeRace('PBKDF2', 'PBKDF2-HMAC-SHA256, 20,000 rounds', pbkdf2),
      ],
      checks: [
        check('scrypt alone', scrypt, 'native, alone', 2.3),
        check('scrypt, four in step', scrypt, 'native, four in step', 4.5),
        check('PBKDF2, four in step', pbkdf2, 'native, four in step', 2.5),
      ].flat(),
      figures: {},
    };
  },
};

interface Race {
  peers: Peer[];
  timings: Record<string, Timings>;
  rounds: number;
}

async function race(name: string, peers: Peer[], { progress }: BenchContext, rounds: number): Promise<Race> {
  progress.step(`${name}: every peer computes the same result`);
  await checkAgreement(peers);
  progress.step(`${name}: ${rounds} rounds of ${peers.length} peers`);
  return { peers, timings: await interleave(peers, { rounds, warmUps: 1, atLeastMs: 20, progress }), rounds };
}

const cpuMs = ({ timings }: Race, name: string) => median(timings[name]?.cpuMs as number[]);

function describeRace(title: string, parameters: string, race: Race): Section {
  const { peers, timings, rounds } = race;
  return {
    title,
    method:
      `${parameters}. Peers take turns in one thread for ${rounds} rounds; medians for each password. Ratios are of CPU ` +
      'time within a round. Every peer has computed the same result before.',
    table: {
      columns: [
        { heading: title },
        { heading: 'made of' },
        { heading: 'CPU ms' },
        { heading: '± %' },
        { heading: `× ${BASE}`, digits: 2 },
      ],
      rows: peers.map(({ name, what }) => {
        const { cpuMs } = timings[name] as Timings;
        const { median: middle, spread } = summarize(cpuMs);
        return [name, what, middle, 100 * spread, pairedRatio(timings[BASE]?.cpuMs as number[], cpuMs)];
      }),
    },
    charts: [],
  };
}

/** Cost of one stretch: the measured scrypt and two PBKDF2. */
function describeStretch(scrypt: Race, pbkdf2: Race): Section {
  const bars = scrypt.peers.map(({ name, isOwn }) => {
    const hasPbkdf2 = pbkdf2.peers.some((peer) => peer.name === name);
    return {
      label: name,
      value: cpuMs(scrypt, name) + 2 * cpuMs(pbkdf2, hasPbkdf2 ? name : BASE),
      highlight: isOwn,
    };
  });
  const base = bars.find(({ label }) => label === BASE)?.value as number;
  return {
    title: 'One password: PBKDF2, scrypt, PBKDF2',
    method:
      'The sum of the tables below: one scrypt and two PBKDF2. A peer without PBKDF2 is completed with that of ' +
      `${BASE}. “Four in step” is the CPU of one password in a group of four.`,
    table: {
      columns: [{ heading: 'engine' }, { heading: 'CPU ms' }, { heading: `× ${BASE}`, digits: 2 }],
      rows: bars.map(({ label, value }) => [label, value, base / value]),
    },
    charts: [
      {
        kind: 'bars',
        title: 'CPU of one password',
        valueLabel: 'CPU ms a password (shorter is better)',
        bars,
      },
    ],
  };
}

function check(what: string, { timings }: Race, name: string, goal: number) {
  const own = timings[name];
  if (!own) return [];
  const measured = pairedRatio(timings[BASE]?.cpuMs as number[], own.cpuMs);
  return [{ what: `${what}, against ${BASE}`, measured, bound: 'at least', goal, unit: '×' } as const];
}
