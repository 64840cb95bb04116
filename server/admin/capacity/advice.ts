import type { Config } from '../../../config/load.js';
import type { StretchMeasurement } from './measurement.js';

/** What there is to work with. */
export interface Machine {
  /** In cores; a control group may leave a part of one. */
  cores: number;
  /** How many threads of all programs wanted a core, of late. */
  load: number;
  memoryBytes: number;
}

export interface Advice {
  /** `STRETCH_THREADS`. */
  stretchThreads: number;
  /** `STRETCH_MAX_WAIT`, in seconds. */
  stretchMaxWait: number;
  /** What the server comes to with these settings; give it no less. */
  memoryBytes: number;
  /** Logins a second, one at a time on each thread: what there is before anyone waits. */
  loginsPerSecond: number;
  /** Logins a second when enough wait to be stretched in groups. */
  groupedLoginsPerSecond: number;
}

/** Something about the settings: `broken` when they cannot work on this machine. */
export interface Warning {
  broken: boolean;
  text: string;
}

type StretchSettings = Pick<Config, 'stretchEngine' | 'stretchThreads' | 'stretchMaxWait' | 'cryptoThreads'>;

const MIB = 2 ** 20;
/** The server without its stretch threads, under load: heap, connections, statements. */
const BASE_BYTES = 250 * MIB;
/** A thread of the crypto pool. */
const CRYPTO_THREAD_BYTES = 20 * MIB;
/** Of what is there, what the server may plan to use: the rest is for the kernel, SQLite's pages and peaks. */
const USABLE_SHARE = 0.85;
/** How many stretches of a thread a password may wait for at least, or the queue is no queue. */
const MIN_QUEUED_STRETCHES = 4;
/** Of the cores, what others may use before it shows in the figures. */
const BUSY_SHARE = 0.25;
const DEFAULT_MAX_WAIT_S = 5;
/** What a thread of each engine takes, before one was measured. */
const EXPECTED_THREAD_BYTES = {
  native: 150 * MIB,
  wasm: 150 * MIB,
  openssl: 90 * MIB,
  'scrypt-js': 180 * MIB,
} as const;

/** How many stretch threads a machine has cores and memory for. */
export function recommendThreads(
  { cores, memoryBytes }: Machine,
  { stretchEngine, cryptoThreads }: Pick<StretchSettings, 'stretchEngine' | 'cryptoThreads'>,
): number {
  const forThreads = memoryBytes * USABLE_SHARE - BASE_BYTES - cryptoThreads * CRYPTO_THREAD_BYTES;
  const inMemory = Math.floor(forThreads / EXPECTED_THREAD_BYTES[stretchEngine]);
  return Math.max(1, Math.min(Math.floor(cores), inMemory));
}

/** What to expect of the threads that were measured. */
export function advise(measured: StretchMeasurement, { cryptoThreads }: StretchSettings): Advice {
  const { threads, singleMs, group } = measured;
  const onePerSecond = (1000 * threads) / singleMs;
  const groupedPerSecond = group ? (1000 * group.size * group.atOnce) / group.ms : 0;
  return {
    stretchThreads: threads,
    stretchMaxWait: Math.max(DEFAULT_MAX_WAIT_S, Math.ceil((MIN_QUEUED_STRETCHES * singleMs) / 1000)),
    memoryBytes: needBytes(measured.threadBytes, threads, cryptoThreads),
    loginsPerSecond: onePerSecond,
    groupedLoginsPerSecond: Math.max(onePerSecond, groupedPerSecond),
  };
}

/** What is wrong with the settings on this machine. */
export function findWarnings(
  machine: Machine,
  settings: StretchSettings,
  measured: StretchMeasurement,
): Warning[] {
  const { stretchEngine, stretchThreads, stretchMaxWait, cryptoThreads } = settings;
  const warnings: Warning[] = [];
  const warn = (isSo: boolean, broken: boolean, text: string) => {
    if (isSo) warnings.push({ broken, text });
  };
  const neededBytes = needBytes(measured.threadBytes, stretchThreads, cryptoThreads);
  const singleS = measured.singleMs / 1000;
  warn(
    neededBytes > machine.memoryBytes,
    true,
    `STRETCH_THREADS=${stretchThreads} needs ${toMib(neededBytes)} MiB of memory, and there are ${toMib(machine.memoryBytes)}: the server will be killed under load`,
  );
  warn(
    stretchMaxWait < singleS,
    true,
    `STRETCH_MAX_WAIT=${stretchMaxWait} is less than one stretch takes (${singleS.toFixed(2)} s): while the threads are busy every login is refused`,
  );
  warn(
    stretchMaxWait >= singleS && stretchMaxWait < 2 * singleS,
    false,
    `STRETCH_MAX_WAIT=${stretchMaxWait} lets hardly anyone wait: a stretch takes ${singleS.toFixed(2)} s`,
  );
  warn(
    stretchThreads > Math.max(1, machine.cores),
    false,
    `STRETCH_THREADS=${stretchThreads} on ${toCores(machine.cores)}: no more logins a second, each slower, and memory for nothing`,
  );
  warn(
    cryptoThreads > Math.max(1, machine.cores),
    false,
    `CRYPTO_THREADS=${cryptoThreads} on ${toCores(machine.cores)}: they only take turns`,
  );
  warn(
    machine.cores < 1,
    false,
    `${toCores(machine.cores)} for everything: stretches will hold up the event loop, which has no core to itself`,
  );
  warn(
    machine.load > BUSY_SHARE * machine.cores,
    false,
    `something else was at work here (load ${machine.load.toFixed(1)}): an idle machine does more than these figures say`,
  );
  warn(
    measured.engine !== stretchEngine,
    false,
    `STRETCH_ENGINE=${stretchEngine} cannot run here; ${measured.engine} does, and is slower`,
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
