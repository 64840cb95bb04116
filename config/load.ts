import { totalmem } from 'node:os';
import type { z } from 'zod';
import { type Environment, readValues } from './environment.js';
import { LIMITS } from './limits.js';
import { SETTINGS, type Settings } from './schema.js';
import { factsOf } from './setting.js';

export type Config = Readonly<Settings>;

/** Invalid settings. The message has one line for each: its variable and its rule, never a secret. */
export class ConfigError extends Error {
  readonly code = 'CONFIG';
}

/** @throws ConfigError when a setting breaks its rule */
export function loadConfig(env: Environment): Config {
  const { values, unreadable } = readValues(env);
  const parsed = SETTINGS.safeParse(toInput(values));
  const wrong = new Map(unreadable.map(({ variable, rule }) => [variable, rule]));
  for (const { path, message } of parsed.error?.issues ?? []) {
    const variable = variableAt(path);
    if (!wrong.has(variable)) wrong.set(variable, message);
  }
  if (!parsed.success || wrong.size > 0) {
    throw new ConfigError([...wrong].map(([variable, rule]) => `${variable}: ${rule}`).join('\n'));
  }
  Object.freeze(parsed.data.limits);
  return Object.freeze(parsed.data);
}

/** Fills in the settings that depend on the port, which is known once the server listens. */
export function withListeningPort(config: Config, port: number): Config {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const publicUrl = (config.publicUrl || `http://${host}:${port}`).replace(/\/+$/, '');
  return Object.freeze({ ...config, port, publicUrl, domain: config.domain || new URL(publicUrl).host });
}

/** Whether all clients share one source: a proxy terminates TLS (https), but TRUST_PROXY does not name it. */
export function hidesClients({ publicUrl, trustProxy }: Pick<Config, 'publicUrl' | 'trustProxy'>): boolean {
  return publicUrl.startsWith('https:') && !trustProxy;
}

/** Memory of a full batch of four passwords. */
const BATCH_MIB = 256;
/** Memory of the rest of the server, and the share of the remainder that stretching uses. */
const REST_MIB = 300;
const USABLE_SHARE = 0.75;

/** By default a full batch for each thread, or less if the machine has less memory. */
export function stretchMemoryMiB(
  { stretchMemory, stretchThreads }: Pick<Config, 'stretchMemory' | 'stretchThreads'>,
  machineMib = readMachineMib(),
): number {
  if (stretchMemory !== undefined) return stretchMemory;
  return Math.max(
    64,
    Math.min(BATCH_MIB * stretchThreads, Math.floor((machineMib - REST_MIB) * USABLE_SHARE)),
  );
}

function readMachineMib(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 20;
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

function toInput(values: Environment): Record<string, unknown> {
  const pick = (shape: Shape) =>
    Object.fromEntries(Object.entries(shape).map(([name, rule]) => [name, values[factsOf(rule).env]]));
  const { limits: _, ...settings } = SETTINGS.shape;
  return { ...pick(settings), limits: pick(LIMITS) };
}

function variableAt(path: PropertyKey[]): string {
  const shape: Shape = path[0] === 'limits' ? LIMITS : SETTINGS.shape;
  const rule = shape[String(path.at(-1))];
  if (!rule) throw new TypeError(`no setting ${path.join('.')}`);
  return factsOf(rule).env;
}
