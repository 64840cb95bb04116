import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRawAccount } from '../load/accounts.js';
import { Sender } from '../load/sender.js';
import { median } from '../measure/statistics.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom } from './raw-login.js';
import { startAdminServer } from './targets.js';

const FLOOD_REQUESTS = 500;
/** Time until the requests of the flooding source are queued, in ms. */
const HEAD_START_MS = 300;

/** Login of one source while another source has hundreds of waiting requests. */
export async function measureFairness({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('overload: fairness between sources');
  // A high limit admits all 500 requests.
  const server = await startAdminServer({ STRETCH_MAX_WAIT: '600' });
  const sender = new Sender(server.url, Number.POSITIVE_INFINITY);
  const [flooding, other] = [await createRawAccount(server), await createRawAccount(server)];
  const logIn = async (source: number) => (await sender.sendOk(loginFrom(source, other))).ms;
  const repeats = quick ? 3 : 8;
  const alone: number[] = [];
  while (alone.length < repeats) alone.push(await logIn(100 + alone.length));

  const hangUp = new AbortController();
  setMaxListeners(0, hangUp.signal);
  const flood = Array.from({ length: FLOOD_REQUESTS }, () =>
    sender.send(loginFrom(1, flooding), hangUp.signal).catch(() => undefined),
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
        title: 'Fairness between sources',
        method:
          `One source has ${FLOOD_REQUESTS} raw logins waiting; other sources log in one after another, ${repeats} times. ` +
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
            ['beside the flooding source', median(beside), Math.max(...beside), inLogins],
          ],
        },
        charts: [],
      },
    ],
    checks: [
      {
        what: 'login beside a flooding source',
        measured: inLogins,
        bound: 'at most',
        goal: 2.5,
        unit: 'logins',
      },
    ],
    figures: {},
  };
}
