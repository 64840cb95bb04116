import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRawAccount, type RawAccount } from '../load/accounts.js';
import { Sender } from '../load/sender.js';
import { median } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom, MANY_SENDERS } from './raw-login.js';

const GREEDY = 1;
const GREEDY_REQUESTS = 500;
/** Until the greedy sender's requests are all in line. */
const HEAD_START_MS = 300;

/** One sender with hundreds of logins in line, and the first login of another. */
export async function measureFairness({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('overload: a greedy and a modest sender');
  const server = await startServer({ settings: MANY_SENDERS });
  const sender = new Sender(server.url, Number.POSITIVE_INFINITY);
  const [greedy, modest] = [await createRawAccount(server), await createRawAccount(server)];
  const repeats = quick ? 3 : 8;
  const alone: number[] = [];
  for (let i = 0; i < repeats; i++) alone.push((await sender.sendOk(loginFrom(100 + i, modest))).ms);
  const beside = await measureBeside(server, sender, greedy, modest, repeats);
  const sameAccount = await measureBeside(server, sender, modest, modest, repeats);
  sender.close();
  await server.stop();

  const stretchMs = median(alone);
  const delayOf = (latencies: number[]) => (median(latencies) - stretchMs) / stretchMs;
  const rows = [
    ['nobody else', alone],
    ['beside a greedy sender', beside],
    ['beside a greedy sender for the same account', sameAccount],
  ] as const;
  return {
    sections: [
      {
        title: 'A greedy sender and a modest one',
        method:
          `One source sends ${GREEDY_REQUESTS} raw logins at once; ${HEAD_START_MS} ms later another sends its first, and after the answer ` +
          `another source does, ${repeats} times. The delay is the median’s, counted in lone logins.`,
        table: {
          columns: [
            { heading: 'a login' },
            { heading: 'median ms', digits: 0 },
            { heading: 'slowest ms', digits: 0 },
            { heading: 'delay, in logins', digits: 2 },
          ],
          rows: rows.map(([name, latencies]) => [
            name,
            median(latencies),
            Math.max(...latencies),
            name === 'nobody else' ? null : delayOf(latencies),
          ]),
        },
        charts: [],
      },
    ],
    checks: [
      {
        what: 'delay of a first login beside a greedy sender',
        measured: delayOf(beside),
        bound: 'at most',
        goal: 2,
        unit: 'stretches',
      },
    ],
    figures: {},
  };
}

/** Latencies of first logins of fresh sources, in ms, while the greedy source has its requests in line. */
async function measureBeside(
  server: ServerProcess,
  sender: Sender,
  greedy: RawAccount,
  modest: RawAccount,
  repeats: number,
): Promise<number[]> {
  const greedySender = new Sender(server.url, Number.POSITIVE_INFINITY);
  const hangUp = new AbortController();
  setMaxListeners(0, hangUp.signal);
  const flood = Array.from({ length: GREEDY_REQUESTS }, () =>
    greedySender.send(loginFrom(GREEDY, greedy), hangUp.signal).catch(() => undefined),
  );
  await sleep(HEAD_START_MS);
  const latencies: number[] = [];
  for (let i = 0; i < repeats; i++) latencies.push((await sender.sendOk(loginFrom(1000 + i, modest))).ms);
  hangUp.abort();
  await Promise.all(flood);
  greedySender.close();
  return latencies;
}
