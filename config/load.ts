import convict from 'convict';
import { FORMATS } from './formats.js';
import { SETTINGS, type Settings } from './schema.js';

/** The settings as the server uses them. */
export type Config = Readonly<Settings>;

/** A setting that cannot be used; the message names each one and its rule, never a secret value. */
export class ConfigError extends Error {
  readonly code = 'CONFIG';
}

for (const [name, format] of Object.entries(FORMATS))
  convict.addFormat({ name, validate: format.check, ...('coerce' in format && { coerce: format.coerce }) });

/**
 * Reads the environment once, validates it whole and freezes it.
 * @throws ConfigError when a setting breaks its rule
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  // An empty variable is one that is not set: `REDIS_URL= npm start` must mean the default.
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const schema = convict(SETTINGS, { env: set as NodeJS.ProcessEnv, args: [] });
  try {
    schema.validate({ allowed: 'strict' });
  } catch (error) {
    throw new ConfigError(describe(error as Error));
  }
  return Object.freeze(schema.getProperties());
}

/** The settings with those filled in that depend on the port, which is known when the server listens. */
export function withListeningPort(config: Config, port: number): Config {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const publicUrl = (config.publicUrl || `http://${host}:${port}`).replace(/\/+$/, '');
  return Object.freeze({ ...config, port, publicUrl, domain: config.domain || new URL(publicUrl).host });
}

/** Memory for the passwords that are stretched at a time, in MiB: for two a thread, where it is not set. */
export function stretchMemoryMiB(config: Pick<Config, 'stretchMemory' | 'stretchThreads'>): number {
  return config.stretchMemory || 128 * config.stretchThreads;
}

/** convict's report, with the variables' names for its own, in words, and without the values it quotes. */
function describe(error: Error): string {
  const lines = error.message.replace(/: value was [^\n]*/g, '').split('\n');
  return lines
    .map((line) =>
      line.replace(/^[\w.]+(?=: )/, findVariable).replace(/the possible values: (.*)$/, listValues),
    )
    .join('\n');
}

function listValues(_: string, json: string): string {
  return JSON.parse(json).join(', ');
}

function findVariable(path: string): string {
  const entry = path.split('.').reduce<unknown>((schema, name) => (schema as never)?.[name], SETTINGS);
  return (entry as { env?: string } | undefined)?.env ?? path;
}
