import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KeyServerClient } from '../../client/key-server-client.js';
import { createRawAccount, type RawAccount, verifyAccounts } from '../load/accounts.js';
import { childCpuSeconds } from '../measure/process-usage.js';
import { median } from '../measure/statistics.js';
import type { Check } from '../results.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured, Suite } from '../suite.js';

const ADMIN = fileURLToPath(new URL('../../bundle/admin.js', import.meta.url));
/** Time limit for the warm-up after a start, in ms. */
const WARM_UP_MS = 5_000;
/** Repetitions of short commands, because the resolution of child CPU is 10 ms. */
const REPEATS = 10;
/** Node 20 parses these certificates at each start, 0.06 s of CPU; so both, or neither, of Node and server get them. */
const { NODE_EXTRA_CA_CERTS } = process.env;
const ENVIRONMENT: Record<string, string> = NODE_EXTRA_CA_CERTS ? { NODE_EXTRA_CA_CERTS } : {};

/** Measurement of one start. CPU in seconds. */
interface Start {
  bareCpu: number;
  listeningCpu: number;
  warmCpu: number;
  /** Resident memory after the warm-up. No slot has been used, so none is in it. */
  residentMib: number;
  firstLoginMs: number;
  warmLoginMs: number;
  helpCpu: number;
  keysCpu: number;
}

/** Cost of a start, relative to an empty Node program. */
export const startup: Suite = {
  name: 'startup',
  title: 'Starting',
  async run({ quick, progress }: BenchContext): Promise<Measured> {
    const dataDir = await mkdtemp(join(tmpdir(), 'key-server-bench-'));
    try {
      progress.step('startup: the first start, which makes keys and database');
      const account = await prepare(dataDir);
      const rounds = quick ? 3 : 9;
      const starts: Start[] = [];
      while (starts.length < rounds) {
        progress.step(`startup: start ${starts.length + 1} of ${rounds}`);
        starts.push(await measureStart(dataDir, account));
      }
      return describe(starts);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

async function prepare(dataDir: string): Promise<RawAccount> {
  const server = await startServer({ settings: { DATA_DIR: dataDir } });
  const account = await createRawAccount(server);
  await verifyAccounts({ ...server, dataDir }, [account]);
  await server.stop();
  return account;
}

async function measureStart(dataDir: string, account: RawAccount): Promise<Start> {
  const settings = { ...ENVIRONMENT, DATA_DIR: dataDir };
  const bareCpu = measureCommand(['-e', '0'], dataDir);
  const helpCpu = measureCommand([ADMIN, '--help'], dataDir);
  const keysCpu = measureCommand([ADMIN, 'keys', 'list'], dataDir);

  const quiet = await startServer({ settings });
  const listeningCpu = quiet.cpuSeconds();
  await sleep(WARM_UP_MS);
  const warmCpu = quiet.cpuSeconds();
  const residentMib = quiet.memory().residentMib;
  await quiet.stop();

  const busy = await startServer({ settings });
  const firstLoginMs = await timeLogin(busy, account);
  await sleep(WARM_UP_MS);
  const warmLogins: number[] = [];
  while (warmLogins.length < 5) warmLogins.push(await timeLogin(busy, account));
  await busy.stop();
  return {
    bareCpu,
    listeningCpu,
    warmCpu,
    residentMib,
    firstLoginMs,
    warmLoginMs: median(warmLogins),
    helpCpu,
    keysCpu,
  };
}

/** Measures the mean CPU seconds of a Node command. @throws Error when it fails */
function measureCommand(args: string[], dataDir: string): number {
  const before = childCpuSeconds();
  for (let i = 0; i < REPEATS; i++) {
    const env = { ...ENVIRONMENT, PATH: process.env.PATH, DATA_DIR: dataDir };
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  }
  return (childCpuSeconds() - before) / REPEATS;
}

async function timeLogin({ url }: ServerProcess, { emailHex, password }: RawAccount): Promise<number> {
  const startedMs = performance.now();
  await new KeyServerClient({ url }).rawPassword.createSession({ email: emailHex, password });
  return performance.now() - startedMs;
}

function describe(starts: Start[]): Measured {
  const of = (read: (start: Start) => number) => median(starts.map(read));
  const checks: Check[] = (
    [
      ['CPU until it listens', of((s) => s.listeningCpu / s.bareCpu), 6, '× node -e 0'],
      ['CPU until five seconds later', of((s) => s.warmCpu / s.bareCpu), 12, '× node -e 0'],
      ['resident then, before the first stretch', of((s) => s.residentMib), 130, 'MiB'],
      ['first login during warm-up', of((s) => s.firstLoginMs / s.warmLoginMs), 2, '× a warm one'],
      ['admin --help', of((s) => s.helpCpu / s.bareCpu), 2.5, '× node -e 0'],
      ['admin keys list', of((s) => s.keysCpu / s.bareCpu), 5, '× node -e 0'],
    ] as const
  ).map(([what, measured, goal, unit]) => ({ what, measured, bound: 'at most', goal, unit }));
  return {
    sections: [
      {
        title: 'Cost of a start',
        method:
          `A server over SQLite whose keys exist, and the command line; CPU of all threads, medians of ` +
          `${starts.length} starts, each beside a bare Node: ${(1000 * of((s) => s.bareCpu)).toFixed(0)} ms of CPU, ` +
          `${NODE_EXTRA_CA_CERTS ? 'with' : 'without'} NODE_EXTRA_CA_CERTS.`,
        table: {
          columns: [{ heading: 'what' }, { heading: 'value' }, { heading: 'unit' }],
          rows: checks.map(({ what, measured, unit }) => [what, measured, unit]),
        },
        charts: [],
      },
    ],
    checks,
    figures: {},
  };
}
