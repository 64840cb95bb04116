import { connect, type Socket } from 'node:net';
import { probe } from '../latency/probing.js';
import { createMany, createRawAccount, type RawAccount } from '../load/accounts.js';
import { type Answer, type PreparedRequest, Sender } from '../load/sender.js';
import { percentile } from '../measure/statistics.js';
import type { Cell, Check } from '../results.js';
import { type ServerProcess, startServer } from '../server/server-process.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom, MANY_SENDERS } from './raw-login.js';

const LOGINS = 16;
const IDLE_CONNECTIONS = 2000;
const HEARTBEAT: PreparedRequest = { method: 'GET', path: '/__heartbeat__', headers: {} };

interface Outcome {
  row: Cell[];
  check: Check;
}

/** A thread that dies, connections that do nothing, and SIGTERM, each in the middle of logins. */
export async function measureEndings({ progress }: BenchContext): Promise<Measured> {
  const server = await startServer({ settings: { ...MANY_SENDERS, STRETCH_MAX_WAIT: '60' }, probe: true });
  const accounts = await createMany(4, () => createRawAccount(server));
  const outcomes: Outcome[] = [];
  progress.step('overload: a stretch thread is killed');
  outcomes.push(await killThread(server, accounts));
  progress.step(`overload: ${IDLE_CONNECTIONS} connections that send half a request`);
  outcomes.push(await floodConnections(server));
  progress.step('overload: SIGTERM');
  outcomes.push(await terminate(server, accounts));
  return {
    sections: [
      {
        title: 'Things that end, or never do',
        method:
          `${LOGINS} raw logins are in line when a stretch thread is ended from inside the server, and when SIGTERM comes. ` +
          `Connections: ${IDLE_CONNECTIONS} that each send the first half of a request’s headers and then nothing.`,
        table: {
          columns: [{ heading: 'what happens' }, { heading: 'what comes of it' }],
          rows: outcomes.map(({ row }) => row),
        },
        charts: [],
      },
    ],
    checks: outcomes.map(({ check }) => check),
    figures: {},
  };
}

/** Sends logins, and resolves when the server has them all in line. */
async function queueLogins({ url }: ServerProcess, sender: Sender, accounts: RawAccount[]) {
  const answers = Array.from({ length: LOGINS }, (_, i) =>
    sender.send(loginFrom(i, accounts[i % accounts.length] as RawAccount)).catch(() => undefined),
  );
  // What comes after them over a connection of its own is answered after they were read.
  const behind = new Sender(url, 1);
  for (let i = 0; i < 5; i++) await behind.sendOk(HEARTBEAT);
  behind.close();
  return { answers: Promise.all(answers) };
}

const countStatus = (answers: (Answer | undefined)[], status: number) =>
  answers.filter((answer) => answer?.status === status).length;

async function killThread(server: ServerProcess, accounts: RawAccount[]): Promise<Outcome> {
  const sender = new Sender(server.url, LOGINS);
  const first = await queueLogins(server, sender, accounts);
  await server.probe?.killBusiestWorker();
  const answers = await first.answers;
  const [served, failed] = [countStatus(answers, 200), countStatus(answers, 503)];
  const second = await queueLogins(server, sender, accounts);
  const again = await second.answers;
  sender.close();
  return {
    row: [
      'a stretch thread dies',
      `${served} of ${LOGINS} logins served, ${failed} failed with 503; then ${countStatus(again, 200)} of ${LOGINS} served`,
    ],
    check: {
      what: 'logins lost with a stretch thread that dies',
      measured: LOGINS - served + (LOGINS - countStatus(again, 200)),
      bound: 'at most',
      goal: 2,
      unit: '',
    },
  };
}

async function floodConnections({ url }: ServerProcess): Promise<Outcome> {
  const { hostname, port } = new URL(url);
  const sockets = await Promise.all(
    Array.from({ length: IDLE_CONNECTIONS }, () => openHalfRequest(Number(port), hostname)),
  );
  const sender = new Sender(url, 8);
  const kinds = [{ name: 'heartbeat', build: () => HEARTBEAT }] as const;
  const { heartbeat: latencies } = await probe(sender, kinds, { intervalMs: 20, durationMs: 4000 });
  sender.close();
  for (const socket of sockets) socket.destroy();
  return {
    row: [
      `${IDLE_CONNECTIONS} half requests`,
      `heartbeats every 20 ms: p99 ${percentile(latencies, 99).toFixed(1)} ms, slowest ${Math.max(...latencies).toFixed(1)} ms`,
    ],
    check: {
      what: `heartbeat p99 beside ${IDLE_CONNECTIONS} half requests`,
      measured: percentile(latencies, 99),
      bound: 'at most',
      goal: 100,
      unit: 'ms',
    },
  };
}

async function terminate(server: ServerProcess, accounts: RawAccount[]): Promise<Outcome> {
  const sender = new Sender(server.url, LOGINS);
  const queued = await queueLogins(server, sender, accounts);
  const started = performance.now();
  const [code, answers] = await Promise.all([server.stop(), queued.answers]);
  const seconds = (performance.now() - started) / 1000;
  const served = countStatus(answers, 200);
  return {
    row: ['SIGTERM', `${served} of ${LOGINS} logins served; exit code ${code} after ${seconds.toFixed(1)} s`],
    check: {
      what: 'logins dropped at SIGTERM',
      measured: LOGINS - served,
      bound: 'at most',
      goal: 0,
      unit: '',
    },
  };
}

/** Resolves once the connection stands, or was refused. */
function openHalfRequest(port: number, host: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.write('POST /v1/raw_password/session/create HTTP/1.1\r\nHost: loc');
      resolve(socket);
    });
    socket.on('error', () => resolve(socket));
  });
}
