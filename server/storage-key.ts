import { randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Config, ConfigError } from '../config/load.js';

const KEY_BYTES = 32;

/**
 * The keys that secrets are encrypted with at rest: of `STORAGE_KEY`, or on the embedded default of
 * DATA_DIR/storage.key, which is made on first start.
 * @returns 32 bytes each; the first one writes
 * @throws ConfigError when there is none and the database is PostgreSQL: several servers must share one
 */
export async function loadStorageKeys(config: Config): Promise<Buffer[]> {
  return (await findStorageKeys(config)) ?? readKeys(keyFileOf(config), await makeKeyFile(keyFileOf(config)));
}

/**
 * The keys of {@link loadStorageKeys}, without making one.
 * @returns `undefined` when the embedded default has no key yet
 * @throws ConfigError
 */
export async function findStorageKeys(config: Config): Promise<Buffer[] | undefined> {
  if (config.storageKey) return parseKeys(config.storageKey);
  if (config.databaseUrl) {
    throw new ConfigError(
      'STORAGE_KEY is required with DATABASE_URL: 64 hex digits, the same on every server',
    );
  }
  const file = keyFileOf(config);
  const text = await readIfThere(file);
  return text === undefined ? undefined : readKeys(file, text);
}

/** Where the embedded default keeps its keys. */
export function keyFileOf({ dataDir }: Config): string {
  return join(dataDir, 'storage.key');
}

function readKeys(file: string, text: string): Buffer[] {
  const keys = parseKeys(text);
  if (keys.some((key) => key.length !== KEY_BYTES))
    throw new ConfigError(
      `STORAGE_KEY: ${file} must hold 64 hex digits: bring back the one the database was written with`,
    );
  return keys;
}

function parseKeys(text: string): Buffer[] {
  return text
    .trim()
    .split(',')
    .map((key) => Buffer.from(key.trim(), 'hex'));
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new ConfigError(
      `STORAGE_KEY: ${file} cannot be read (${code}): let the server’s user read it, and nobody else`,
    );
  }
}

async function openNewFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `DATA_DIR: ${dirname(file)} cannot be written to (${code}): set a folder that the server’s user may write to`,
    );
  }
}

/** Whole and on disk before it has its name: what it encrypts must not outlive it. */
async function makeKeyFile(file: string): Promise<string> {
  const key = randomBytes(KEY_BYTES).toString('hex');
  // A name that no start before this one, killed amid it, can have left: in a container all have the same pid.
  const temporary = `${file}.${randomUUID()}`;
  const handle = await openNewFile(temporary);
  try {
    await handle.writeFile(`${key}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(temporary, file);
    return key;
  } catch (error) {
    // Another server over the same folder was first.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return await readFile(file, 'utf8');
    throw error;
  } finally {
    await unlink(temporary);
  }
}
