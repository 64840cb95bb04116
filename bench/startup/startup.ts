import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRawAccount } from '../load/accounts.js';
import { rawLogin } from '../load/requests.js';
import { type PreparedRequest, Sender } from '../load/sender.js';
import { interleave } from '../measure/interleave.js';
import { childCpuSeconds, cpuSeconds, memoryUse } from '../measure/process-usage.js';
import { median } from '../measure/statistics.js';
import { startServer } from '../server/server-process.js';
import { atMost, type BenchContext, type Measured, type Suite } from '../suite.js';
import { createTable } from '../table.js';

const ADMIN = fileURLToPath(new URL('../../bundle/admin.js', import.meta.url));
const WARM_UP_MS = 5_000;
/** Repetitions of short commands, because the resolution of child CPU is 10 ms. */
const REPEATS = 10;
/** Node 20 parses these certificates at each start, 0.06 s of CPU; so both, or neither, of Node and server get them. */
const { NODE_EXTRA_CA_CERTS } = process.env;

const FIGURES: [what: string, goal: number, unit: string][] = [
  ['CPU until it listens', 6, '× node -e 0'],
  ['CPU until five seconds later', 12, '× node -e 0'],
  ['resident then, before the first stretch', 130, 'MiB'],
  ['first login in the warm-up of a restart', 2, '× a warm one'],
  ['admin --help', 2.5, '× node -e 0'],
  ['admin keys list', 5, '× node -e 0'],
];

type Settings = Record<string, string>;
type Start = { figures: number[]; bareCpu: number };

export const startup: Suite = {
  name: 'startup',
  title: 'Starting',
  async run({ quick, report }: BenchContext) {
    const dataDir = await mkdtemp(join(tmpdir(), 'key-server-bench-'));
    try {
      report('startup: the first start, which makes keys and database');
      const settings: Settings = {
        DATA_DIR: dataDir,
        ...(NODE_EXTRA_CA_CERTS !== undefined && { NODE_EXTRA_CA_CERTS }),
      };
      const server = await startServer({ settings });
      const login = rawLogin(await createRawAccount(server));
      await server.stop();
      const rounds = { what: 'startup', rounds: quick ? 3 : 5, warmUps: 0, report };
      const results = await interleave([{}], () => measureStart(settings, login), rounds);
      return describe(results.flatMap(({ samples }) => samples));
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

async function measureStart(settings: Settings, login: PreparedRequest): Promise<Start> {
  const bareCpu = measureCommand(['-e', '0'], settings);
  const helpCpu = measureCommand([ADMIN, '--help'], settings);
  const keysCpu = measureCommand([ADMIN, 'keys', 'list'], settings);

  const server = await startServer({ settings });
  const listeningCpu = cpuSeconds(server.pid);
  await sleep(WARM_UP_MS);
  const warmCpu = cpuSeconds(server.pid);
  const { residentMib } = memoryUse(server.pid);
  const warmLogins = await new Sender(server.url, 1).sendAll(Array(5).fill(login));
  await server.stop();

  // At once, like a restart: a virtual machine gives free memory back to its host after some seconds.
  const restarted = await startServer({ settings });
  const { ms: firstLoginMs } = await new Sender(restarted.url, 1).sendOk(login);
  await restarted.stop();

  const firstOverWarm = firstLoginMs / median(warmLogins.map(({ ms }) => ms));
  const [listening, warm, help, keys] = [listeningCpu, warmCpu, helpCpu, keysCpu].map((cpu) => cpu / bareCpu);
  return { figures: [listening, warm, residentMib, firstOverWarm, help, keys] as number[], bareCpu };
}

/** Returns the mean CPU seconds of a Node command. */
function measureCommand(args: string[], settings: Settings): number {
  const before = childCpuSeconds();
  for (let i = 0; i < REPEATS; i++) {
    const env = { ...settings, PATH: process.env.PATH };
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  }
  return (childCpuSeconds() - before) / REPEATS;
}

function describe(starts: Start[]): Measured {
  const checks = FIGURES.map(([what, goal, unit], i) =>
    atMost(what, median(starts.map(({ figures }) => figures[i] as number)), goal, unit),
  );
  const bareMs = 1000 * median(starts.map(({ bareCpu }) => bareCpu));
  return {
    sections: [
      {
        title: 'Cost of a start',
        method:
          `A server over SQLite whose keys exist, and the command line; CPU of all threads, medians of ` +
          `${starts.length} starts, each beside a bare Node: ${bareMs.toFixed(0)} ms of CPU, ` +
          `${NODE_EXTRA_CA_CERTS ? 'with' : 'without'} NODE_EXTRA_CA_CERTS.`,
        table: createTable(checks, [
          ['what', ({ what }) => what],
          ['value', ({ measured }) => measured],
          ['unit', ({ unit }) => unit],
        ]),
      },
    ],
    checks,
  };
}
