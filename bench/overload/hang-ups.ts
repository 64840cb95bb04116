import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMany, createRawAccount, type RawAccount } from '../load/accounts.js';
import { Sender } from '../load/sender.js';
import { median } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom, MANY_SENDERS } from './raw-login.js';

/** Logins that are waited for, and logins behind them whose senders hang up. */
const STAYING = 12;
const LEAVING = 24;
const PAUSE_MS = 60;

/** What a login costs whose sender hangs up before its stretch begins. */
export async function measureHangUps({ quick, progress }: BenchContext): Promise<Measured> {
  const server = await startServer({ settings: MANY_SENDERS });
  const accounts = await createMany(4, () => createRawAccount(server));
  const rounds = quick ? 2 : 5;
  const [without, withLeavers]: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round++) {
    progress.step(`overload: senders who hang up, round ${round} of ${rounds}`);
    without.push(await measureCpu(server, accounts, 0));
    withLeavers.push(await measureCpu(server, accounts, LEAVING));
  }
  await server.stop();
  const perLogin = median(without) / STAYING;
  const perLeaver = median(withLeavers.map((seconds, i) => (seconds - (without[i] as number)) / LEAVING));
  return {
    sections: [
      {
        title: 'Senders who hang up',
        method:
          `${STAYING} raw logins that wait for their answer, with and without ${LEAVING} behind them that hang up after ${PAUSE_MS} ms; ` +
          `CPU of the server until all is quiet, ${rounds} rounds in turns, medians.`,
        table: {
          columns: [
            { heading: 'load' },
            { heading: 'CPU s', digits: 2 },
            { heading: 'CPU ms a login', digits: 1 },
          ],
          rows: [
            [`${STAYING} that stay`, median(without), 1000 * perLogin],
            [`and ${LEAVING} that leave`, median(withLeavers), 1000 * perLeaver],
          ],
        },
        charts: [],
      },
    ],
    checks: [
      {
        what: 'a login whose sender hung up, as a share of a login',
        measured: perLeaver / perLogin,
        bound: 'at most',
        goal: 0.1,
        unit: '',
      },
    ],
    figures: {},
  };
}

/** CPU seconds of the server for those that stay, and whatever those that leave cost it. */
async function measureCpu(server: ServerProcess, accounts: RawAccount[], leaving: number): Promise<number> {
  const staying = new Sender(server.url, STAYING);
  const leavers = new Sender(server.url, LEAVING);
  const account = (i: number) => accounts[i % accounts.length] as RawAccount;
  const before = server.cpuSeconds();
  const stay = Array.from({ length: STAYING }, (_, i) => staying.sendOk(loginFrom(i, account(i))));
  // Those that leave come last, and leave before their turn.
  await sleep(PAUSE_MS);
  const hangUp = new AbortController();
  setMaxListeners(0, hangUp.signal);
  const leave = Array.from({ length: leaving }, (_, i) =>
    leavers.send(loginFrom(STAYING + i, account(i)), hangUp.signal).catch(() => undefined),
  );
  await sleep(PAUSE_MS);
  hangUp.abort();
  await Promise.all([...stay, ...leave]);
  // A stretch that was begun for nobody would end by then.
  await sleep(500);
  const used = server.cpuSeconds() - before;
  for (const sender of [staying, leavers]) sender.close();
  return used;
}
