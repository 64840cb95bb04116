import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Config, ConfigError } from '../config/load.js';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHER_USERS = 0o077;
/** Mode bit of a shared directory such as /tmp. */
const STICKY = 0o1000;
/** Beginnings of the names that the server creates, and the folder that a file system creates. */
const KNOWN_NAMES = ['key-server.sqlite', 'storage.key', 'mail', 'lost+found'];

/** A directory or file in DATA_DIR that other users of the machine can access. */
export interface LooseMode {
  path: string;
  mode: number;
  wanted: number;
  /** Why the server does not change it: users share the directory, or DATA_DIR is wrong, such as /var. */
  keptBecause?: 'shared' | 'foreignFiles';
}

/**
 * Creates DATA_DIR and removes other users' access. Logs a mode that it cannot or must not change: on another
 * user's volume, or in a directory that also holds other files.
 * @throws ConfigError when the directory cannot be created
 */
export async function prepareDataDir({ dataDir }: Config, log: Logger): Promise<void> {
  try {
    const made = await mkdir(dataDir, { recursive: true, mode: DIRECTORY_MODE });
    // The umask can remove bits of the owner.
    if (made !== undefined) await chmod(dataDir, DIRECTORY_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `DATA_DIR: ${dataDir} cannot be created (${code}): set a directory that the server’s user can write to`,
    );
  }
  for (const loose of await findLooseModes(dataDir)) await tighten(loose, log);
}

export async function findLooseModes(dataDir: string): Promise<LooseMode[]> {
  const directory = resolve(dataDir);
  const names = [
    'key-server.sqlite',
    'key-server.sqlite-wal',
    'key-server.sqlite-shm',
    'storage.key',
    'mail',
  ];
  const foreign = await holdsForeignFiles(directory);
  const found: LooseMode[] = [];
  for (const path of [directory, ...names.map((name) => join(directory, name))]) {
    const about = await stat(path).catch(() => undefined);
    if (!about || !(about.mode & OTHER_USERS)) continue;
    const mode = about.mode & 0o7777;
    const isFolder = about.isDirectory();
    found.push({
      path,
      mode,
      wanted: isFolder ? DIRECTORY_MODE : FILE_MODE,
      ...(isFolder && foreign && { keptBecause: 'foreignFiles' }),
      ...(mode & STICKY && { keptBecause: 'shared' }),
    });
  }
  return found;
}

async function holdsForeignFiles(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch(() => []);
  return names.some((name) => !KNOWN_NAMES.some((known) => name.startsWith(known)));
}

async function tighten({ path, mode, wanted, keptBecause }: LooseMode, log: Logger): Promise<void> {
  const facts = { path, mode: toOctal(mode), wanted: toOctal(wanted) };
  if (keptBecause) {
    log.warn({ event: 'modeNotTightened', ...facts, reason: keptBecause });
    return;
  }
  try {
    await chmod(path, wanted);
    log.info({ event: 'modeTightened', ...facts });
  } catch (error) {
    log.warn({ event: 'modeNotTightened', ...facts, reason: (error as NodeJS.ErrnoException).code });
  }
}

export function toOctal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
