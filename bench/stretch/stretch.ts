import { interleave, measureCpuMs } from '../measure/interleave.js';
import { median, pairedRatio, spreadPercent } from '../measure/statistics.js';
import { atLeast, type BenchContext, type Check, type Section, type Suite } from '../suite.js';
import { createTable } from '../table.js';
import { checkAgreement, createPbkdf2Peers, createScryptPeers, type Peer } from './peers.js';

const BASE = 'node:crypto';

/** A peer with its CPU ms for each password, by round. */
type Result = Peer & { samples: number[] };

export const stretch: Suite = {
  name: 'stretch',
  title: 'Stretching on one core',
  async run(context: BenchContext) {
    const scrypt = await race('scrypt', await createScryptPeers(), context.quick ? 3 : 9, context);
    const pbkdf2 = await race('PBKDF2', await createPbkdf2Peers(), context.quick ? 5 : 15, context);
    // node:crypto uses them too, so groups gain less.
    const hasShaExtensions = find(pbkdf2, 'native, four in step')?.what.endsWith('+SHA');
    return {
      sections: [
        describeStretch(scrypt, pbkdf2),
        describeRace('scrypt', 'N = 65536, r = 8, p = 1: 64 MiB a hash', scrypt),
        describeRace('PBKDF2', 'PBKDF2-HMAC-SHA256, 20,000 rounds', pbkdf2),
      ],
      checks: [
        ...check('scrypt alone', scrypt, 'native, alone', 2.3),
        ...check('scrypt, four in step', scrypt, 'native, four in step', 4.5),
        ...check('PBKDF2, four in step', pbkdf2, 'native, four in step', hasShaExtensions ? 2.5 : 5),
      ],
    };
  },
};

async function race(what: string, peers: Peer[], rounds: number, { report }: BenchContext) {
  report(`${what}: every peer computes the same result`);
  await checkAgreement(peers);
  return interleave(peers, measureCpuMs, { what, rounds, report });
}

const find = (results: Result[], name: string) => results.find((result) => result.name === name);

/** Returns how many times the peer is as fast as {@link BASE}. */
const overBase = (results: Result[], { samples }: Result) =>
  pairedRatio((find(results, BASE) as Result).samples, samples);

function describeRace(title: string, parameters: string, results: Result[]): Section {
  return {
    title,
    method:
      `${parameters}. Peers take turns in one thread for ${results[0]?.samples.length} rounds; medians for each ` +
      'password. Ratios are of CPU time within a round.',
    table: createTable(results, [
      [title, ({ name }) => name],
      ['made of', ({ what }) => what],
      ['CPU ms', ({ samples }) => median(samples)],
      ['± %', ({ samples }) => spreadPercent(samples)],
      [`× ${BASE}`, (result) => overBase(results, result), 2],
    ]),
  };
}

function describeStretch(scrypt: Result[], pbkdf2: Result[]): Section {
  const bars = scrypt.map(({ name, isOwn, samples }) => {
    const completion = find(pbkdf2, name) ?? (find(pbkdf2, BASE) as Result);
    return { label: name, value: median(samples) + 2 * median(completion.samples), highlight: isOwn };
  });
  const base = bars.find(({ label }) => label === BASE)?.value as number;
  return {
    title: 'One password: PBKDF2, scrypt, PBKDF2',
    method:
      'The sum of the tables below: one scrypt and two PBKDF2. A peer without PBKDF2 is completed with that of ' +
      `${BASE}. “Four in step” is the CPU of one password in a group of four.`,
    table: createTable(bars, [
      ['engine', ({ label }) => label],
      ['CPU ms', ({ value }) => value],
      [`× ${BASE}`, ({ value }) => base / value, 2],
    ]),
    chart: { title: 'CPU of one password', valueLabel: 'CPU ms a password (shorter is better)', bars },
  };
}

function check(what: string, results: Result[], name: string, goal: number): Check[] {
  const own = find(results, name);
  return own ? [atLeast(`${what}, against ${BASE}`, overBase(results, own), goal, '×')] : [];
}
