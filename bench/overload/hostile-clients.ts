import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { probe } from '../latency/probing.js';
import { createRawAccount, type RawAccount } from '../load/accounts.js';
import { Sender } from '../load/sender.js';
import type { Cell } from '../results.js';
import type { BenchContext, Measured } from '../suite.js';
import { loginFrom } from './raw-login.js';
import { type AdminServer, startAdminServer } from './targets.js';

const FLOOD_MS = 4000;
const PIPELINED_BYTES = 256 * 1024;
/** The connection limit that slow readers try to reach. */
const MAX_CONNECTIONS = 200;
const HEALTH_CHECK = { method: 'GET', path: '/__lbheartbeat__', headers: {} } as const;

/** Runs an attack until the signal aborts. @returns number of requests or connections */
type Attack = (server: AdminServer, account: RawAccount, signal: AbortSignal) => Promise<number>;

const ATTACKS: Record<string, Attack> = {
  'pipelined GET /v1/openapi.json': (server, _, signal) =>
    repeatPipelined(server, 'GET /v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n', signal),
  'pipelined logins without a body': (server, _, signal) =>
    repeatPipelined(
      server,
      'POST /v1/raw_password/session/create HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n',
      signal,
    ),
  'requests on one connection, one by one': async (server, _, signal) => {
    const sender = new Sender(server.url, 1);
    let sent = 0;
    for (; !signal.aborted; sent++) await sender.send(HEALTH_CHECK);
    sender.close();
    return sent;
  },
  'slow readers at the connection limit': async (server, _, signal) => {
    const sockets: Socket[] = [];
    while (sockets.length < 2 * MAX_CONNECTIONS && !signal.aborted) {
      const socket = open(server).pause();
      socket.write('GET /v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(8));
      sockets.push(socket);
      await sleep(2);
    }
    await untilAborted(signal);
    for (const socket of sockets) socket.destroy();
    return sockets.length;
  },
  'logins whose clients hang up': async (server, account, signal) => {
    let sent = 0;
    for (; !signal.aborted; sent++) {
      const sender = new Sender(server.url, 1);
      void sender.send(loginFrom(sent % 5000, account)).catch(() => {});
      await sleep(5);
      sender.close();
    }
    return sent;
  },
};

/** Attacks of single clients: slowest health check, and memory before and after each. */
export async function measureHostileClients(context: BenchContext): Promise<Measured> {
  const server = await startAdminServer({ MAX_CONNECTIONS: String(MAX_CONNECTIONS) });
  const account = await createRawAccount(server);
  const rows: Cell[][] = [];
  const worst: number[] = [];
  for (const [name, attack] of Object.entries(ATTACKS)) {
    context.progress.step(`overload: ${name}`);
    const before = server.memory().residentMib;
    const abort = new AbortController();
    const running = attack(server, account, abort.signal);
    const [health, adminHealth] = await Promise.all([
      slowestHealthCheck(server.url),
      slowestHealthCheck(server.adminUrl),
    ]);
    abort.abort();
    const count = await running;
    await sleep(1000);
    const after = await slowestHealthCheck(server.url, 200);
    worst.push(health, after);
    rows.push([name, count, health, adminHealth, after, before, server.memory().residentMib]);
  }
  rows.push(await measureManySources(context, server, account));
  await server.stop();
  return {
    sections: [
      {
        title: 'Hostile clients',
        method:
          `One client attacks for ${FLOOD_MS / 1000} s (pipelined floods: ${PIPELINED_BYTES / 1024} KiB at a time, on a new connection each), ` +
          'while health checks open a new connection each. MAX_CONNECTIONS is ' +
          `${MAX_CONNECTIONS}. “After” is one second after the attack.`,
        table: {
          columns: [
            { heading: 'attack' },
            { heading: 'made', digits: 0 },
            { heading: 'slowest health check ms', digits: 0 },
            { heading: 'on METRICS_PORT ms', digits: 0 },
            { heading: 'after ms', digits: 0 },
            { heading: 'memory before MiB', digits: 0 },
            { heading: 'after MiB', digits: 0 },
          ],
          rows,
        },
        charts: [],
      },
    ],
    checks: [
      {
        what: 'slowest health check during attacks',
        measured: Math.max(...worst),
        bound: 'at most',
        goal: 1000,
        unit: 'ms',
      },
    ],
    figures: {},
  };
}

/** Memory growth after refused logins, each from a different source. */
async function measureManySources(
  { quick, progress }: BenchContext,
  server: AdminServer,
  account: RawAccount,
): Promise<Cell[]> {
  const sources = quick ? 20_000 : 200_000;
  progress.step(`overload: refused logins from ${sources} sources`);
  const sender = new Sender(server.url, 100);
  const before = server.memory().residentMib;
  let sent = 0;
  let refused = 0;
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      while (sent < sources) {
        const { status } = await sender.send(loginFrom(sent++, account));
        if (status === 503) refused++;
      }
    }),
  );
  sender.close();
  return [
    `logins from ${sources} sources, refused`,
    refused,
    null,
    null,
    null,
    before,
    server.memory().residentMib,
  ];
}

async function repeatPipelined(server: AdminServer, request: string, signal: AbortSignal): Promise<number> {
  const flood = request.repeat(Math.floor(PIPELINED_BYTES / request.length));
  let sent = 0;
  while (!signal.aborted) {
    const socket = open(server).resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(flood);
    sent += Math.floor(PIPELINED_BYTES / request.length);
    await Promise.race([closed, untilAborted(signal)]);
    socket.destroy();
  }
  return sent;
}

function open({ url }: AdminServer): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on('error', () => {});
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Sends health checks on new connections every 50 ms. @returns latency of the slowest, in ms */
async function slowestHealthCheck(url: string, durationMs = FLOOD_MS): Promise<number> {
  const sender = new Sender(url, Number.POSITIVE_INFINITY, { keepAlive: false });
  const kinds = [{ name: 'health', build: () => HEALTH_CHECK }];
  const { health } = await probe(sender, kinds, { intervalMs: 50, durationMs });
  sender.close();
  return Math.max(...(health as number[]));
}
