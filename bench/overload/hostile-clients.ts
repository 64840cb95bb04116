import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRawAccount, type RawAccount } from '../load/accounts.js';
import { probe } from '../load/probing.js';
import { HEALTH_CHECK, postJson, rawLogin, serialize } from '../load/requests.js';
import { type PreparedRequest, Sender } from '../load/sender.js';
import { memoryUse } from '../measure/process-usage.js';
import type { ServerProcess } from '../server/server-process.js';
import { atMost, type BenchContext, type Measured } from '../suite.js';
import { createTable } from '../table.js';
import { REFUSE, startAdminServer, touchSlots } from './admin-server.js';

const ATTACK_MS = 4000;
/** Time between the end of an attack and the last health checks, in ms. */
const RECOVERY_MS = 1000;
const PIPELINED_BYTES = 256 * 1024;
/** The most pipelined requests that the server accepts on a connection. */
const MAX_PIPELINED = 8;
const MAX_CONNECTIONS = 500;
/** Value of a health check that fails: above all that were measured. */
const FAILED_MS = 100_000;

const OPENAPI = serialize({ method: 'GET', path: '/v1/openapi.json', headers: {} });
const DOCUMENTS = repeat(OPENAPI, MAX_PIPELINED);
const LOGIN_WITHOUT_BODY = serialize(postJson('/v1/raw_password/session/create', {})).subarray(0, -2);

/** Attacks until the signal aborts. Returns the number of requests or connections. */
type Attack = (url: string, signal: AbortSignal) => Promise<number>;

function createAttacks(account: RawAccount): Record<string, Attack> {
  const logins = repeat(serialize(rawLogin(account)), MAX_PIPELINED);
  const loginFrom = (i: number) => serialize(rawLogin(account, i % 5000));
  return {
    'pipelined GET /v1/openapi.json': pipeline(OPENAPI),
    'pipelined logins without a body': pipeline(LOGIN_WITHOUT_BODY),
    'health checks on one connection, one by one': sendOneByOne,
    'slow readers above MAX_CONNECTIONS': hangUp(1.2 * MAX_CONNECTIONS, 2 * ATTACK_MS, () => DOCUMENTS),
    'logins that hang up, from many sources': hangUp(20, 50, loginFrom),
    'logins that hang up, 8 pipelined on each connection': hangUp(100, 100, () => logins),
  };
}

/** Pipelines a request over and over, on a new connection whenever the server closes one. */
function pipeline(request: Buffer): Attack {
  const times = Math.floor(PIPELINED_BYTES / request.length);
  return async (url, signal) => {
    const aborted = once(signal, 'abort');
    let sent = 0;
    for (; !signal.aborted; sent += times) {
      const socket = open(url).resume();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(repeat(request, times));
      await Promise.race([closed, aborted]);
      socket.destroy();
    }
    return sent;
  };
}

async function sendOneByOne(url: string, signal: AbortSignal): Promise<number> {
  const sender = new Sender(url, 1);
  let sent = 0;
  for (; !signal.aborted; sent++) await sender.send(HEALTH_CHECK);
  return sent;
}

/** Opens connections at once, writes to each, reads nothing, and closes them all; over and over. */
function hangUp(connections: number, afterMs: number, write: (i: number) => Buffer): Attack {
  return async (url, signal) => {
    let opened = 0;
    while (!signal.aborted) {
      const sockets = Array.from({ length: connections }, () => open(url).pause());
      for (const socket of sockets) socket.write(write(opened++));
      await sleep(afterMs, undefined, { signal }).catch(() => {});
      for (const socket of sockets) socket.destroy();
    }
    return opened;
  };
}

function repeat(message: Buffer, times: number): Buffer {
  return Buffer.concat(Array(times).fill(message));
}

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  return connect(Number(port), hostname).on('error', () => {});
}

/** Times in ms. */
interface Row {
  attack: string;
  made: number;
  health?: number;
  adminHealth?: number;
  healthAfter?: number;
  beforeMib: number;
  afterMib: number;
}

export async function measureHostileClients({ quick, report }: BenchContext): Promise<Measured> {
  const server = await startAdminServer({ MAX_CONNECTIONS: String(MAX_CONNECTIONS) });
  const account = await createRawAccount(server);
  // No attack adds this memory.
  await touchSlots(server, account);
  const rows: Row[] = [];
  for (const [name, attack] of Object.entries(createAttacks(account))) {
    report(`overload: ${name}`);
    rows.push(await measureAttack(name, attack, server));
  }
  report('overload: refused logins from many sources');
  const manySources = await measureManySources(quick ? 20_000 : 200_000);
  const slowest = Math.max(...rows.flatMap(({ health = 0, healthAfter = 0 }) => [health, healthAfter]));
  const growth = manySources.afterMib - manySources.beforeMib;
  return {
    sections: [
      {
        title: 'Hostile clients',
        method:
          `One client attacks for ${ATTACK_MS / 1000} s (pipelined floods: ${PIPELINED_BYTES / 1024} KiB at a time, on a new ` +
          'connection each), while health checks open a new connection each, every 50 ms. The slowest is shown; one that ' +
          `fails counts as ${FAILED_MS / 1000} s. MAX_CONNECTIONS is ${MAX_CONNECTIONS}. “After” begins one second after the ` +
          'attack. The last row compares memory after half of the logins with memory after all.',
        table: createTable(
          [...rows, manySources],
          [
            ['attack', ({ attack }) => attack],
            ['requests or connections', ({ made }) => made, 0],
            ['slowest health check ms', ({ health = null }) => health, 0],
            ['on METRICS_PORT ms', ({ adminHealth = null }) => adminHealth, 0],
            ['after ms', ({ healthAfter = null }) => healthAfter, 0],
            ['memory before MiB', ({ beforeMib }) => beforeMib, 0],
            ['after MiB', ({ afterMib }) => afterMib, 0],
          ],
        ),
      },
    ],
    checks: [
      atMost('slowest health check during and after attacks', slowest, 1000, 'ms'),
      atMost('memory growth while logins from many sources are refused', growth, 25, 'MiB'),
    ],
  };
}

async function measureAttack(name: string, attack: Attack, server: ServerProcess): Promise<Row> {
  const beforeMib = memoryUse(server.pid).residentMib;
  const end = new AbortController();
  const attacking = attack(server.url, end.signal);
  const checks = [server.url, server.adminUrl as string].map((url) => slowestHealthCheck(url, ATTACK_MS));
  await sleep(ATTACK_MS);
  end.abort();
  const made = await attacking;
  await sleep(RECOVERY_MS);
  const [health, adminHealth, healthAfter] = (await Promise.all([
    ...checks,
    slowestHealthCheck(server.url, 500),
  ])) as [number, number, number];
  const afterMib = memoryUse(server.pid).residentMib;
  return { attack: name, made, health, adminHealth, healthAfter, beforeMib, afterMib };
}

async function measureManySources(count: number): Promise<Row> {
  const server = await startAdminServer(REFUSE);
  const account = await createRawAccount(server);
  const sender = new Sender(server.url, 100);
  let made = 0;
  let sent = 0;
  const sendUntil = async (end: number) => {
    while (sent < end) if ((await sender.send(rawLogin(account, sent++))).status === 503) made++;
  };
  const memory: number[] = [];
  for (const end of [count / 2, count]) {
    await Promise.all(Array.from({ length: 100 }, () => sendUntil(end)));
    memory.push(memoryUse(server.pid).residentMib);
  }
  const [beforeMib, afterMib] = memory as [number, number];
  return { attack: 'refused logins, each from its own source', made, beforeMib, afterMib };
}

async function slowestHealthCheck(url: string, durationMs: number): Promise<number> {
  const sender = new Sender(url, Number.POSITIVE_INFINITY, { keepAlive: false });
  const send = (request: PreparedRequest) =>
    sender.sendOk(request).then(
      ({ ms }) => ms,
      () => FAILED_MS,
    );
  const { health } = await probe({ health: () => HEALTH_CHECK }, send, { intervalMs: 50, durationMs });
  return Math.max(...health);
}
