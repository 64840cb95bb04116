import { createMany, createRawAccount, createSrpAccount, sessionCredentials } from '../load/accounts.js';
import { type Answer, type PreparedRequest, Sender } from '../load/sender.js';
import { logIn } from '../load/srp-login.js';
import { median, percentile, percentileCurve, type WelchTest, welchTest } from '../measure/statistics.js';
import { startServer } from '../server/server-process.js';
import type { BenchContext, Measured, Subject } from '../subject.js';
import { accountGuesses, type Guess, type Pair, SHUFFLED_PAIRS, secretGuesses } from './guesses.js';

/** |t| from which two classes are told apart: the customary limit of leakage tests (ISO/IEC 17825). */
const DISTINGUISHED_T = 4.5;
/** The slowest tenth is noise of the machine; it is cut off at one limit for both classes. */
const KEPT_PERCENT = 90;
const WARM_UP_PAIRS = 50;

interface Comparison {
  guess: Guess;
  /** Latencies of the two classes, in ms. */
  a: number[];
  b: number[];
}

/** Whether the clock tells a guess's first byte, or whether an address has an account. */
export const timing: Subject = {
  name: 'timing',
  title: 'What the clock tells',
  async run(context: BenchContext) {
    const secrets = await measureSecrets(context);
    const accounts = await measureAccounts(context);
    return describe([...secrets, ...accounts]);
  },
};

async function measureSecrets(context: BenchContext): Promise<Comparison[]> {
  context.progress.step('timing: starting a server');
  const server = await startServer({ settings: { STRETCH_THREADS: '1' } });
  const sender = new Sender(server.url, 1);
  const account = await createSrpAccount(server);
  const session = sessionCredentials(await logIn(server.url, sender, account));
  const guesses = secretGuesses(server, sender, account, session);
  const comparisons = await compareAll(context, sender, guesses, context.quick ? 500 : 4000);
  sender.close();
  await server.stop();
  return comparisons;
}

async function measureAccounts(context: BenchContext): Promise<Comparison[]> {
  context.progress.step('timing: starting a server with ENUMERATION_GUARD=on');
  const server = await startServer({ settings: { ENUMERATION_GUARD: 'on', STRETCH_THREADS: '1' } });
  const sender = new Sender(server.url, 1);
  const accounts = await createMany(20, () => createSrpAccount(server));
  const rawAccounts = await createMany(4, () => createRawAccount(server));
  const guesses = accountGuesses(accounts, rawAccounts);
  const comparisons = await compareAll(context, sender, guesses, context.quick ? 100 : 1500);
  sender.close();
  await server.stop();
  return comparisons;
}

async function compareAll(
  { progress }: BenchContext,
  sender: Sender,
  guesses: Guess[],
  pairs: number,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const guess of guesses) {
    progress.step(`timing: ${guess.name}, ${pairs} requests a class`);
    const comparison: Comparison = { guess, a: [], b: [] };
    const warmUps = Math.min(WARM_UP_PAIRS, pairs / 5);
    let sent = 0;
    for await (const requests of shufflePairs(guess.makePairs())) {
      for (const { name, request } of requests) {
        const { ms } = await sendExpecting(sender, request, guess);
        if (sent >= warmUps) comparison[name].push(ms);
      }
      sent += SHUFFLED_PAIRS;
      progress.at(sent, pairs);
      if (sent >= pairs + warmUps) break;
    }
    comparisons.push(comparison);
  }
  return comparisons;
}

async function* shufflePairs(pairs: AsyncIterable<Pair>) {
  let block: Array<{ name: keyof Pair; request: PreparedRequest; order: number }> = [];
  for await (const { a, b } of pairs) {
    block.push(
      { name: 'a', request: a, order: Math.random() },
      { name: 'b', request: b, order: Math.random() },
    );
    if (block.length < 2 * SHUFFLED_PAIRS) continue;
    yield block.sort((one, other) => one.order - other.order);
    block = [];
  }
}

/** @throws Error when the answer is not what the guess must get: it would be another code path */
async function sendExpecting(
  sender: Sender,
  request: PreparedRequest,
  { name, status, errno }: Guess,
): Promise<Answer> {
  const answer = await sender.send(request);
  if (answer.status !== status || (errno !== undefined && JSON.parse(answer.body).errno !== errno)) {
    throw new Error(`${name}: ${answer.status} ${answer.body}`);
  }
  return answer;
}

/** Welch's t of all samples, and of those below a limit that both classes share. */
function test({ a, b }: Comparison): { all: WelchTest; kept: WelchTest } {
  const limit = percentile([...a, ...b], KEPT_PERCENT);
  const keep = (samples: number[]) => samples.filter((ms) => ms <= limit);
  return { all: welchTest(a, b), kept: welchTest(keep(a), keep(b)) };
}

function describe(comparisons: Comparison[]): Measured {
  const tested = comparisons.map((comparison) => ({ ...comparison, ...test(comparison) }));
  return {
    sections: [
      {
        title: 'Two classes of requests that must take alike',
        method:
          'One request at a time over one connection, both classes mixed by chance. ' +
          `Welch’s t, of all requests and of the ${KEPT_PERCENT} % fastest of both classes together: a |t| of ${DISTINGUISHED_T} ` +
          'and more tells the classes apart. “Would show” is the difference that would have reached it: what is ' +
          'smaller, this number of requests cannot see.',
        table: {
          columns: [
            { heading: 'guess' },
            { heading: 'classes' },
            { heading: 'requests each', digits: 0 },
            { heading: 'median ms', digits: 3 },
            { heading: 'median ms', digits: 3 },
            { heading: 'difference µs' },
            { heading: '± 95 % µs' },
            { heading: 'would show µs' },
            { heading: 't, fastest', digits: 2 },
            { heading: 't, all', digits: 2 },
          ],
          rows: tested.map(({ guess, a, b, all, kept }) => [
            guess.name,
            guess.classes.join(' / '),
            a.length,
            median(a),
            median(b),
            1000 * kept.difference,
            1000 * kept.confidence95,
            (1000 * kept.confidence95 * DISTINGUISHED_T) / 1.96,
            kept.t,
            all.t,
          ]),
        },
        charts: tested.map(({ guess, a, b }) => ({
          kind: 'distribution',
          title: guess.name,
          valueLabel: 'ms',
          series: [
            { name: guess.classes[0], values: percentileCurve(a) },
            { name: guess.classes[1], values: percentileCurve(b) },
          ],
        })),
      },
    ],
    checks: tested.map(({ guess, kept, all }) => ({
      what: `${guess.name}: |t| of ${guess.classes.join(' and ')}`,
      measured: Math.max(Math.abs(kept.t), Math.abs(all.t)),
      bound: 'at most',
      goal: DISTINGUISHED_T,
      unit: '',
    })),
    figures: {},
  };
}
