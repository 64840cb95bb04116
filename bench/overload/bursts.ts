import { availableParallelism } from 'node:os';
import { probe } from '../latency/probing.js';
import {
  createMany,
  createRawAccount,
  createSrpAccount,
  type RawAccount,
  sessionCredentials,
} from '../load/accounts.js';
import { type BurstAnswer, sendBurst } from '../load/burst.js';
import { signed } from '../load/requests.js';
import { Sender } from '../load/sender.js';
import { logIn } from '../load/srp-login.js';
import { percentile, percentileCurve } from '../measure/statistics.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom, MANY_SENDERS } from './raw-login.js';

const SIZES = [200, 1000] as const;
const ACCOUNTS = 8;
const PROBE_INTERVAL_MS = 10;
const PROBED_MS = 4000;
const PROBES = ['__heartbeat__', 'recovery_email/status'] as const;

interface Burst {
  size: number;
  admitted: BurstAnswer[];
  refused: BurstAnswer[];
  cpuSeconds: number;
  peakMib: number;
  probes: Record<(typeof PROBES)[number], number[]>;
}

/** So many raw logins at one moment, each from a source of its own. */
export async function measureBursts({ progress }: BenchContext): Promise<Measured> {
  progress.step('overload: starting a server');
  const server = await startServer({ settings: MANY_SENDERS });
  const accounts = await createMany(ACCOUNTS, () => createRawAccount(server));
  const threads = availableParallelism();
  progress.step('overload: warming up');
  await runBurst(server, accounts, SIZES[0]);
  const bursts: Burst[] = [];
  for (const size of SIZES) {
    progress.step(`overload: ${size} logins at once`);
    bursts.push(await runBurst(server, accounts, size));
  }
  await server.stop();
  return describe(bursts, 64 * 2 * threads + 300);
}

async function runBurst(server: ServerProcess, accounts: RawAccount[], size: number): Promise<Burst> {
  const beside = new Sender(server.url, 64);
  const session = sessionCredentials(await logIn(server.url, beside, await createSrpAccount(server)));
  const requests = Array.from({ length: size }, (_, i) =>
    loginFrom(i, accounts[i % accounts.length] as RawAccount),
  );
  const kinds = [
    { name: PROBES[0], build: () => ({ method: 'GET' as const, path: '/__heartbeat__', headers: {} }) },
    { name: PROBES[1], build: () => signed(server.url, '/v1/recovery_email/status', session) },
  ] as const;
  const cpuBefore = server.cpuSeconds();
  const sent = sendBurst({ url: server.url, requests });
  const probing = probe(beside, kinds, { intervalMs: PROBE_INTERVAL_MS, durationMs: PROBED_MS });
  const answers = (await sent).filter((answer) => answer !== undefined);
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  const probes = await probing;
  beside.close();
  return {
    size,
    admitted: answers.filter(({ status }) => status === 200),
    refused: answers.filter(isOverloadRefusal),
    cpuSeconds,
    peakMib: server.memory().peakMib,
    probes,
  };
}

/** 503 with errno 201, and when to come again both in the header and in the body. */
function isOverloadRefusal({ status, headers, body }: BurstAnswer): boolean {
  if (status !== 503) return false;
  const { errno, retryAfter } = JSON.parse(body);
  return errno === 201 && retryAfter >= 1 && headers['retry-after'] === String(retryAfter);
}

const times = (answers: BurstAnswer[]) => answers.map(({ ms }) => ms);
const slowest = (answers: BurstAnswer[]) => Math.max(0, ...times(answers));

function describe(bursts: Burst[], memoryLimitMib: number): Measured {
  const largest = bursts.at(-1) as Burst;
  const answered = ({ admitted, refused }: Burst) => admitted.length + refused.length;
  const check = (what: string, measured: number, goal: number, unit: string) =>
    ({ what: `${largest.size} logins at once: ${what}`, measured, bound: 'at most', goal, unit }) as const;
  return {
    sections: [
      {
        title: 'Many logins at one moment',
        method:
          'All sent at once, each over a connection of its own and from a source of its own (X-Forwarded-For); default ' +
          'settings but for rate limits, after a burst that is not counted. Refused: 503, errno 201, with Retry-After in header and body; anything else is ' +
          `counted as neither. Beside them a heartbeat or a Hawk-signed status every ${PROBE_INTERVAL_MS} ms for ${PROBED_MS / 1000} s, from another thread. Memory and ` +
          'CPU are those of the process, from /proc. The client shares the cores.',
        table: {
          columns: [
            { heading: 'logins', digits: 0 },
            { heading: 'admitted', digits: 0 },
            { heading: 'refused', digits: 0 },
            { heading: 'slowest admitted ms', digits: 0 },
            { heading: 'slowest refusal ms', digits: 0 },
            { heading: 'CPU s', digits: 2 },
            { heading: 'peak memory MiB', digits: 0 },
            { heading: 'heartbeat p99 ms' },
            { heading: 'status p99 ms' },
          ],
          rows: bursts.map((burst) => [
            burst.size,
            burst.admitted.length,
            burst.refused.length,
            slowest(burst.admitted),
            slowest(burst.refused),
            burst.cpuSeconds,
            burst.peakMib,
            percentile(burst.probes.__heartbeat__, 99),
            percentile(burst.probes['recovery_email/status'], 99),
          ]),
        },
        charts: [
          {
            kind: 'distribution',
            title: `Answers to ${largest.size} logins at once`,
            valueLabel: 'ms',
            series: [
              { name: 'admitted', values: percentileCurve(times(largest.admitted)) },
              ...(largest.refused.length > 0
                ? [{ name: 'refused', values: percentileCurve(times(largest.refused)) }]
                : []),
            ],
          },
        ],
      },
    ],
    checks: [
      check('left without an answer', largest.size - answered(largest), 0, ''),
      check('slowest refusal', slowest(largest.refused), 1000, 'ms'),
      check('peak memory', largest.peakMib, memoryLimitMib, 'MiB'),
      check('heartbeat p99', percentile(largest.probes.__heartbeat__, 99), 100, 'ms'),
      check('status p99', percentile(largest.probes['recovery_email/status'], 99), 100, 'ms'),
    ],
    figures: {},
  };
}
