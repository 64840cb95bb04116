import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Config } from '../../../config/load.js';
import { findLooseModes, toOctal } from '../../data-dir.js';
import { reasonOf } from '../../logs/reason.js';
import { broken, type Finding, ok, warning } from './finding.js';

const CHECK = 'DATA_DIR';
const MIB = 2 ** 20;
/** Minimum free space, for SQLite's log and mail files. */
const LEAST_FREE_BYTES = 100 * MIB;
const FEW_FREE_BYTES = 1024 * MIB;

export async function checkDataDir({ dataDir }: Config): Promise<Finding[]> {
  const directory = resolve(dataDir);
  const about = await stat(directory).catch(() => undefined);
  if (!about) {
    const parent = await findExisting(dirname(directory));
    const usable = await isWritable(parent);
    const says = `${directory} does not exist yet`;
    return usable
      ? [ok(CHECK, `${says}: the server creates it`), await checkSpace(parent)]
      : [broken(CHECK, says, `give the server write access to ${parent}, or set another directory`)];
  }
  if (!about.isDirectory()) return [broken(CHECK, `${directory} is not a directory`, 'set a directory')];
  if (!(await isWritable(directory))) {
    return [broken(CHECK, `${directory} is not writable for this user`, 'run this as the server’s user')];
  }
  return [...(await checkModes(directory)), await checkSpace(directory)];
}

async function checkModes(directory: string): Promise<Finding[]> {
  const loose = await findLooseModes(directory);
  if (loose.length === 0) return [ok(CHECK, `${directory} is accessible to the server only`)];
  return loose.map(({ path, mode, wanted, keptBecause }) => {
    const name = path === directory ? directory : basename(path);
    const says = `${name} is accessible to other users of this machine (${toOctal(mode)})`;
    const advice = keptBecause
      ? 'set a directory that only the server uses; it does not change the mode of this one'
      : `chmod ${wanted.toString(8)} ${path}; the server does so at start`;
    return warning(CHECK, says, advice);
  });
}

async function checkSpace(directory: string): Promise<Finding> {
  const check = 'disk';
  try {
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    const says = `${Math.floor(free / MIB)} MiB free`;
    if (free < LEAST_FREE_BYTES)
      return broken(check, says, 'free space: writes will fail, and so will logins');
    return free < FEW_FREE_BYTES ? warning(check, says, 'free space') : ok(check, says);
  } catch (error) {
    return broken(check, `cannot be read (${reasonOf(error)})`, 'check the file system of DATA_DIR');
  }
}

async function isWritable(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function findExisting(directory: string): Promise<string> {
  const there = await stat(directory).catch(() => undefined);
  return there ? directory : findExisting(dirname(directory));
}
