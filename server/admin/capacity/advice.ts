import type { Config } from '../../../config/load.js';
import { type StretchMeasurement, shareKept } from './measurement.js';

export interface Machine {
  /** Fractional with a limit of a control group. */
  cores: number;
  /** Average of the last minute. */
  load: number;
  memoryBytes: number;
}

export interface Advice {
  stretchThreads: number;
  /** Seconds. */
  stretchMaxWait: number;
  /** Minimum, with these settings. */
  memoryBytes: number;
  /** With one password at a time on each thread. */
  loginsPerSecond: number;
  /** With full batches. */
  groupedLoginsPerSecond: number;
}

/** `broken`: the settings cannot work on this machine. */
export interface Warning {
  broken: boolean;
  text: string;
}

type StretchSettings = Pick<Config, 'stretchEngine' | 'stretchThreads' | 'stretchMaxWait' | 'cryptoThreads'>;

const MIB = 2 ** 20;
/** Memory of the server without its threads, under load: heap, connections, statements. */
const BASE_BYTES = 250 * MIB;
const CRYPTO_THREAD_BYTES = 20 * MIB;
/** Share of the memory that the server uses. The rest is for the kernel, SQLite's pages and peaks. */
const USABLE_SHARE = 0.85;
const MIN_QUEUED_STRETCHES = 4;
/** Share of the cores that other programs can use without affecting the measurement. */
const BUSY_SHARE = 0.25;
const DEFAULT_MAX_WAIT_S = 5;
/** Memory of a stretch thread, by engine, before it is measured. */
const EXPECTED_THREAD_BYTES = {
  native: 150 * MIB,
  wasm: 150 * MIB,
  openssl: 90 * MIB,
  'scrypt-js': 180 * MIB,
} as const;

export function recommendThreads(
  { cores, memoryBytes }: Machine,
  { stretchEngine, cryptoThreads }: Pick<StretchSettings, 'stretchEngine' | 'cryptoThreads'>,
): number {
  const forThreads = memoryBytes * USABLE_SHARE - BASE_BYTES - cryptoThreads * CRYPTO_THREAD_BYTES;
  const inMemory = Math.floor(forThreads / EXPECTED_THREAD_BYTES[stretchEngine]);
  return Math.max(1, Math.min(Math.floor(cores), inMemory));
}

/** A thread that keeps less of its speed beside the others waits for memory: fewer threads do as much. */
const MIN_SHARE_KEPT = 0.7;

export function advise(measured: StretchMeasurement, { cryptoThreads }: StretchSettings): Advice {
  const { threads, singleMs, together } = measured;
  const onePerSecond = (1000 * threads) / singleMs;
  const isMemoryBound = shareKept(measured) < MIN_SHARE_KEPT;
  return {
    stretchThreads: isMemoryBound ? Math.ceil(threads * shareKept(measured)) : threads,
    stretchMaxWait: Math.max(DEFAULT_MAX_WAIT_S, Math.ceil((MIN_QUEUED_STRETCHES * singleMs) / 1000)),
    memoryBytes: needBytes(measured.threadBytes, threads, cryptoThreads),
    loginsPerSecond: onePerSecond,
    groupedLoginsPerSecond: Math.max(onePerSecond, together.perSecond),
  };
}

export function findWarnings(
  machine: Machine,
  settings: StretchSettings,
  measured: StretchMeasurement,
): Warning[] {
  const { stretchEngine, stretchThreads, stretchMaxWait, cryptoThreads } = settings;
  const warnings: Warning[] = [];
  const warn = (applies: boolean, broken: boolean, text: string) => {
    if (applies) warnings.push({ broken, text });
  };
  const neededBytes = needBytes(measured.threadBytes, stretchThreads, cryptoThreads);
  const singleS = measured.singleMs / 1000;
  warn(
    neededBytes > machine.memoryBytes,
    true,
    `STRETCH_THREADS=${stretchThreads} needs ${toMib(neededBytes)} MiB of memory, but there are ${toMib(machine.memoryBytes)}: the server will be killed under load`,
  );
  warn(
    stretchMaxWait < singleS,
    true,
    `STRETCH_MAX_WAIT=${stretchMaxWait} is less than the duration of one stretch (${singleS.toFixed(2)} s): every login is refused while the threads are busy`,
  );
  warn(
    stretchMaxWait >= singleS && stretchMaxWait < 2 * singleS,
    false,
    `STRETCH_MAX_WAIT=${stretchMaxWait} allows almost no queue: a stretch takes ${singleS.toFixed(2)} s`,
  );
  warn(
    stretchThreads > Math.max(1, machine.cores),
    false,
    `STRETCH_THREADS=${stretchThreads} on ${toCores(machine.cores)}: logins become slower, use more memory, and do not become more per second`,
  );
  warn(
    cryptoThreads > Math.max(1, machine.cores),
    false,
    `CRYPTO_THREADS=${cryptoThreads} on ${toCores(machine.cores)}: more threads than cores do not help`,
  );
  warn(
    machine.cores < 1,
    false,
    `${toCores(machine.cores)} in total: stretches delay the event loop, which has no core of its own`,
  );
  warn(
    machine.load > BUSY_SHARE * machine.cores,
    false,
    `load ${machine.load.toFixed(1)}: the machine was busy, and throughput on an idle machine is higher`,
  );
  warn(
    measured.engine !== stretchEngine,
    false,
    `STRETCH_ENGINE=${stretchEngine} is not available here; ${measured.engine} is used, which is slower: the command doctor says why`,
  );
  return warnings;
}

export function toMib(bytes: number): number {
  return Math.ceil(bytes / MIB);
}

export function toCores(cores: number): string {
  return `${Number(cores.toFixed(2))} ${cores === 1 ? 'core' : 'cores'}`;
}

function needBytes(threadBytes: number, stretchThreads: number, cryptoThreads: number): number {
  return (BASE_BYTES + stretchThreads * threadBytes + cryptoThreads * CRYPTO_THREAD_BYTES) / USABLE_SHARE;
}
