import t, { type Test } from 'tap';
import { createMany, createRawAccount, createSrpAccount } from '../../../bench/load/accounts.js';
import { type PreparedRequest, Sender } from '../../../bench/load/sender.js';
import { logIn } from '../../../bench/load/srp-login.js';
import { percentile } from '../../../bench/measure/statistics.js';
import { startServer } from '../../../bench/server/server-process.js';
import {
  accountGuesses,
  type Guess,
  type Pair,
  SHUFFLED_PAIRS,
  secretGuesses,
} from '../../support/timing/guesses.js';
import { welchT } from '../../support/timing/welch-test.js';

/** |t| above which two classes differ: the usual limit of leakage tests (ISO/IEC 17825). */
const DISTINGUISHED_T = 4.5;
/** Share of requests kept: the slowest tenth is noise. The same limit applies to both classes. */
const KEPT_PERCENT = 90;
const WARM_UP_PAIRS = 50;
/** Leaks repeat, noise does not: a pair of classes fails when every attempt finds a difference. */
const ATTEMPTS = 3;

t.test('response times do not reveal a correct first byte of a secret', async (t) => {
  const server = await startServer({ settings: { STRETCH_THREADS: '1' } });
  t.teardown(() => server.stop());
  const sender = new Sender(server.url, 1);
  t.teardown(() => sender.close());
  const account = await createSrpAccount(server);
  const session = await logIn(server.url, sender, account);
  for (const guess of secretGuesses(server, sender, account, session)) await compare(t, sender, guess, 1000);
});

t.test('response times do not reveal accounts (ENUMERATION_GUARD=on)', async (t) => {
  const server = await startServer({ settings: { ENUMERATION_GUARD: 'on', STRETCH_THREADS: '1' } });
  t.teardown(() => server.stop());
  const sender = new Sender(server.url, 1);
  t.teardown(() => sender.close());
  const accounts = await createMany(20, () => createSrpAccount(server));
  const rawAccounts = await createMany(4, () => createRawAccount(server));
  for (const guess of accountGuesses(accounts, rawAccounts)) await compare(t, sender, guess, 100);
});

async function compare(t: Test, sender: Sender, guess: Guess, pairs: number): Promise<void> {
  const distances: number[] = [];
  while (distances.length < ATTEMPTS) {
    distances.push(await measureDistance(sender, guess, pairs));
    if ((distances.at(-1) as number) < DISTINGUISHED_T) break;
  }
  const told = `${guess.name}: |t| of ${guess.classes.join(' and ')}: ${distances.map((d) => d.toFixed(2))}`;
  t.ok((distances.at(-1) as number) < DISTINGUISHED_T, told);
}

/** Returns the larger |t| of Welch's test: over all requests, and over the fastest of both classes. */
async function measureDistance(sender: Sender, guess: Guess, pairs: number): Promise<number> {
  const a: number[] = [];
  const b: number[] = [];
  let sent = 0;
  for await (const requests of shufflePairs(guess.makePairs())) {
    for (const { name, request } of requests) {
      const ms = await timeRequest(sender, request, guess);
      if (sent >= Math.min(WARM_UP_PAIRS, pairs / 5)) (name === 'a' ? a : b).push(ms);
    }
    sent += SHUFFLED_PAIRS;
    if (sent >= pairs) break;
  }
  const limit = percentile([...a, ...b], KEPT_PERCENT);
  const keep = (samples: number[]) => samples.filter((ms) => ms <= limit);
  return Math.max(Math.abs(welchT(a, b)), Math.abs(welchT(keep(a), keep(b))));
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

/** @throws Error for an unexpected reply, which would time another code path */
async function timeRequest(sender: Sender, request: PreparedRequest, guess: Guess): Promise<number> {
  const { status, body, ms } = await sender.send(request);
  if (status !== guess.status || (guess.errno !== undefined && JSON.parse(body).errno !== guess.errno)) {
    throw new Error(`${guess.name}: ${status} ${body}`);
  }
  return ms;
}
