import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRawAccount } from '../load/accounts.js';
import { Sender } from '../load/sender.js';
import { median } from '../measure/statistics.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom } from './raw-login.js';
import { startAdminServer } from './targets.js';

const GREEDY_REQUESTS = 500;
/** Time for the greedy source's requests to be queued, in ms. */
const HEAD_START_MS = 300;

/** A login of one source while another source has hundreds of requests waiting. */
export async function measureFairness({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('overload: a greedy and a modest source');
  // Everything is admitted, so that 500 requests wait.
  const server = await startAdminServer({ STRETCH_MAX_WAIT: '600' });
  const sender = new Sender(server.url, Number.POSITIVE_INFINITY);
  const [greedy, modest] = [await createRawAccount(server), await createRawAccount(server)];
  const logIn = async (source: number) => (await sender.sendOk(loginFrom(source, modest))).ms;
  const repeats = quick ? 3 : 8;
  const alone: number[] = [];
  while (alone.length < repeats) alone.push(await logIn(100 + alone.length));

  const hangUp = new AbortController();
  setMaxListeners(0, hangUp.signal);
  const flood = Array.from({ length: GREEDY_REQUESTS }, () =>
    sender.send(loginFrom(1, greedy), hangUp.signal).catch(() => undefined),
  );
  await sleep(HEAD_START_MS);
  const beside: number[] = [];
  while (beside.length < repeats) beside.push(await logIn(1000 + beside.length));
  hangUp.abort();
  await Promise.all(flood);
  sender.close();
  await server.stop();

  const inLogins = median(beside) / median(alone);
  return {
    sections: [
      {
        title: 'A greedy and a modest source',
        method:
          `One source has ${GREEDY_REQUESTS} raw logins waiting; other sources log in one after another, ${repeats} times. ` +
          'Medians, also in units of a login on the idle server.',
        table: {
          columns: [
            { heading: 'a login' },
            { heading: 'median ms', digits: 0 },
            { heading: 'slowest ms', digits: 0 },
            { heading: '× idle', digits: 2 },
          ],
          rows: [
            ['on the idle server', median(alone), Math.max(...alone), 1],
            ['beside the greedy source', median(beside), Math.max(...beside), inLogins],
          ],
        },
        charts: [],
      },
    ],
    checks: [
      {
        what: 'login beside a greedy source',
        measured: inLogins,
        bound: 'at most',
        goal: 2.5,
        unit: 'logins',
      },
    ],
    figures: {},
  };
}
