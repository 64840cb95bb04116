import { randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Config, ConfigError } from '../config/load.js';

const KEY_BYTES = 32;

/**
 * Loads the storage keys, 32 bytes each. The first one encrypts. With SQLite, a first start creates the file.
 * @throws ConfigError with PostgreSQL and no key: all servers must share one
 */
export async function loadStorageKeys(config: Config): Promise<Buffer[]> {
  return (
    (await findStorageKeys(config)) ?? readKeys(keyFileOf(config), await createKeyFile(keyFileOf(config)))
  );
}

/** Like {@link loadStorageKeys}, but returns `undefined` instead of creating a key. @throws ConfigError */
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

export function keyFileOf({ dataDir }: Config): string {
  return join(dataDir, 'storage.key');
}

function readKeys(file: string, text: string): Buffer[] {
  const keys = parseKeys(text);
  if (keys.some((key) => key.length !== KEY_BYTES))
    throw new ConfigError(
      `STORAGE_KEY: ${file} must contain 64 hex digits: restore the file that the database was written with`,
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
      `STORAGE_KEY: ${file} cannot be read (${code}): make it readable by the server’s user only`,
    );
  }
}

async function openNewFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `DATA_DIR: ${dirname(file)} cannot be written to (${code}): set a directory that the server’s user can write to`,
    );
  }
}

/** Syncs the key file before it gets its name: data must not be encrypted with a key that can be lost. */
async function createKeyFile(file: string): Promise<string> {
  const key = randomBytes(KEY_BYTES).toString('hex');
  // A UUID, because a killed start can leave a file, and in containers all processes have the same PID.
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
    // Another server created the file first.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return await readFile(file, 'utf8');
    throw error;
  } finally {
    await unlink(temporary);
  }
}
