import { chmod, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Config, ConfigError } from '../config/load.js';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHER_USERS = 0o077;
/** Of a directory that several users share, such as /tmp: it is not the server's to close. */
const STICKY = 0o1000;

/** A directory or file of DATA_DIR that other users of the machine have access to. */
export interface LooseMode {
  path: string;
  mode: number;
  wanted: number;
}

/**
 * Makes DATA_DIR, and removes other users' access to it and to the files in it. A mode that cannot be changed is
 * logged: a volume can belong to another user.
 * @throws ConfigError when the directory cannot be made
 */
export async function prepareDataDir({ dataDir }: Config, log: Logger): Promise<void> {
  try {
    const made = await mkdir(dataDir, { recursive: true, mode: DIRECTORY_MODE });
    // The umask can remove the owner's bits.
    if (made !== undefined) await chmod(dataDir, DIRECTORY_MODE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      `DATA_DIR: ${dataDir} cannot be made (${code}): set a folder that the server’s user may write to`,
    );
  }
  for (const loose of await findLooseModes(dataDir)) await tighten(loose, log);
}

/** The parts of DATA_DIR that other users have access to: the directory itself, and the files the server makes. */
export async function findLooseModes(dataDir: string): Promise<LooseMode[]> {
  const directory = resolve(dataDir);
  const names = [
    'key-server.sqlite',
    'key-server.sqlite-wal',
    'key-server.sqlite-shm',
    'storage.key',
    'mail',
  ];
  const found: LooseMode[] = [];
  for (const path of [directory, ...names.map((name) => join(directory, name))]) {
    const about = await stat(path).catch(() => undefined);
    if (!about || !(about.mode & OTHER_USERS)) continue;
    found.push({ path, mode: about.mode & 0o7777, wanted: about.isDirectory() ? DIRECTORY_MODE : FILE_MODE });
  }
  return found;
}

async function tighten({ path, mode, wanted }: LooseMode, log: Logger): Promise<void> {
  const facts = { path, mode: toOctal(mode), wanted: toOctal(wanted) };
  if (mode & STICKY) {
    log.warn({ event: 'modeNotTightened', ...facts, reason: 'shared' });
    return;
  }
  try {
    await chmod(path, wanted);
    log.info({ event: 'modeTightened', ...facts });
  } catch (error) {
    log.warn({ event: 'modeNotTightened', ...facts, reason: (error as NodeJS.ErrnoException).code });
  }
}

/** A mode as `chmod` writes it. */
export function toOctal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
