import { setTimeout as sleep } from 'node:timers/promises';
import { createRawAccount } from '../load/accounts.js';
import { rawLogin } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { median } from '../measure/statistics.js';
import { atMost, type BenchContext, type Measured } from '../suite.js';
import { createTable } from '../table.js';
import { startAdminServer, touchSlots } from './admin-server.js';

const FLOOD_REQUESTS = 500;
/** Time until the requests of the flooding source are queued, in ms. */
const HEAD_START_MS = 300;

export async function measureFairness({ quick, report }: BenchContext): Promise<Measured> {
  report('overload: fairness between sources');
  // A high limit admits all 500 requests.
  const server = await startAdminServer({ STRETCH_MAX_WAIT: '600' });
  const sender = new Sender(server.url, Number.POSITIVE_INFINITY);
  const [flooding, other] = [await createRawAccount(server), await createRawAccount(server)];
  await touchSlots(server, other);
  const repeats = quick ? 3 : 8;
  const timeLogins = async (firstSource: number) => {
    const times: number[] = [];
    while (times.length < repeats) {
      times.push((await sender.sendOk(rawLogin(other, firstSource + times.length))).ms);
    }
    return times;
  };
  const alone = await timeLogins(100);

  const flood = new Sender(server.url, FLOOD_REQUESTS);
  // They end when the server is stopped.
  flood.sendAll(Array(FLOOD_REQUESTS).fill(rawLogin(flooding, 1))).catch(() => {});
  await sleep(HEAD_START_MS);
  const beside = await timeLogins(1000);
  flood.close();
  await server.stop();

  const inLogins = median(beside) / median(alone);
  const rows = [
    { name: 'on the idle server', times: alone },
    { name: 'beside the flooding source', times: beside },
  ];
  return {
    sections: [
      {
        title: 'Fairness between sources',
        method:
          `One source has ${FLOOD_REQUESTS} raw logins waiting; other sources log in one after another, ${repeats} times. ` +
          'Medians, also in units of a login on the idle server.',
        table: createTable(rows, [
          ['a login', ({ name }) => name],
          ['median ms', ({ times }) => median(times), 0],
          ['slowest ms', ({ times }) => Math.max(...times), 0],
          ['× idle', ({ times }) => median(times) / median(alone), 2],
        ]),
      },
    ],
    checks: [atMost('login beside a flooding source', inLogins, 2.5, 'logins')],
  };
}
