import { createRound, PHASES, type Phase, type PhaseName, type Round } from '../endpoints/phases.js';
import { createMany, createSrpAccount, type SrpAccount, verifyAccounts } from '../load/accounts.js';
import { sendAll } from '../load/send-all.js';
import { Sender } from '../load/sender.js';
import { firstThreadCpuSeconds } from '../measure/process-usage.js';
import type { Section } from '../results.js';
import type { ProbeLink } from '../server/probe-link.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import { type BenchContext, joinMeasured, type Measured, type Subject } from '../subject.js';
import { timeByModule, toCallTree } from './call-tree.js';

const CLIENTS = 8;
const LOGINS = 300;
const MODULES_SHOWN = 12;

interface Load {
  title: string;
  /** What is sent before, to have what the requests need. */
  preparedBy: PhaseName[];
  /** What is profiled. */
  phases: PhaseName[];
  /** How many of these requests make one of what the title says. */
  requestsEach: number;
}

const LOGIN: PhaseName[] = ['auth/start', 'auth/finish', 'session/create'];

const LOADS: Load[] = [
  { title: 'Hawk-signed status', preparedBy: LOGIN, phases: ['recovery_email/status'], requestsEach: 1 },
  { title: 'SRP login', preparedBy: [], phases: LOGIN, requestsEach: 3 },
  { title: 'Certificate', preparedBy: LOGIN, phases: ['certificate/sign'], requestsEach: 1 },
];

/** Where the time of the event loop goes. */
export const profile: Subject = {
  name: 'profile',
  title: 'Where the time goes',
  async run({ quick, progress }: BenchContext) {
    progress.step('profile: starting a server');
    const server = await startServer({ settings: { STRETCH_THREADS: '1' }, probe: true });
    const accounts = await createMany(16, () => createSrpAccount(server));
    await verifyAccounts(server, accounts);
    const parts: Measured[] = [];
    for (const load of LOADS) {
      progress.step(`profile: ${load.title}`);
      parts.push(await profileLoad(server, accounts, load, quick ? 2 : 6));
    }
    await server.stop();
    return joinMeasured(parts);
  },
};

async function profileLoad(
  server: ServerProcess,
  accounts: SrpAccount[],
  load: Load,
  rounds: number,
): Promise<Measured> {
  const sender = new Sender(server.url, CLIENTS);
  const round = createRound(server.url, accounts);
  const run = (phases: PhaseName[]) => runPhases(server, sender, round, phases);
  await run(load.preparedBy);
  await run(load.phases);
  const probe = server.probe as ProbeLink;
  await probe.startProfile();
  let [requests, cpuSeconds, mainCpuSeconds] = [0, 0, 0];
  for (let i = 0; i < rounds; i++) {
    const used = await run(load.phases);
    requests += used.requests;
    cpuSeconds += used.cpuSeconds;
    mainCpuSeconds += used.mainCpuSeconds;
  }
  const measured = await probe.stopProfile();
  sender.close();
  const times = requests / load.requestsEach;
  const modules = timeByModule(measured, times);
  const busyMs = modules.reduce((sum, [, ms]) => sum + ms, 0);
  const share = (100 * mainCpuSeconds) / cpuSeconds;
  const section: Section = {
    title: load.title,
    method:
      `${load.phases.join(', ')}; ${CLIENTS} requests at once, the event loop’s thread sampled every 0.2 ms. ` +
      `It uses ${share.toFixed(0)} % of the server’s CPU for these requests; the rest are the threads of the database, the ` +
      'quick lane and V8. Profiling itself slows the loop down.',
    table: {
      columns: [{ heading: 'module' }, { heading: 'ms', digits: 3 }, { heading: '%' }],
      rows: modules.slice(0, MODULES_SHOWN).map(([name, ms]) => [name, ms, (100 * ms) / busyMs]),
    },
    charts: [
      {
        kind: 'flame',
        title: `${load.title}: the event loop`,
        valueLabel: 'ms',
        root: toCallTree(measured, times),
      },
    ],
  };
  return {
    sections: [section],
    checks: [],
    figures: { [`${load.title}, event loop ms`]: (1000 * mainCpuSeconds) / times },
  };
}

/** Sends the requests of some phases. */
async function runPhases(server: ServerProcess, sender: Sender, round: Round, names: PhaseName[]) {
  const used = { requests: 0, cpuSeconds: 0, mainCpuSeconds: 0 };
  for (const phase of PHASES as readonly (Phase & { name: PhaseName })[]) {
    if (!names.includes(phase.name)) continue;
    const requests = phase.build(round, LOGINS);
    const [cpu, mainCpu] = [server.cpuSeconds(), firstThreadCpuSeconds(server.pid)];
    const answers = await sendAll(sender, CLIENTS, requests);
    used.requests += requests.length;
    used.cpuSeconds += server.cpuSeconds() - cpu;
    used.mainCpuSeconds += firstThreadCpuSeconds(server.pid) - mainCpu;
    phase.take?.(round, answers);
  }
  return used;
}
