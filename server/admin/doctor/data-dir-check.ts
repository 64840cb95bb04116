import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Config } from '../../../config/load.js';
import { findLooseModes, toOctal } from '../../data-dir.js';
import { reasonOf } from '../../logs/reason.js';
import { broken, type Finding, ok, warning } from './finding.js';

const CHECK = 'DATA_DIR';
const MIB = 2 ** 20;
/** SQLite needs room for its log, mail files for themselves. */
const LEAST_FREE_BYTES = 100 * MIB;
const FEW_FREE_BYTES = 1024 * MIB;

/** Whether DATA_DIR can be used, only by the server, and has room. */
export async function checkDataDir({ dataDir }: Config): Promise<Finding[]> {
  const directory = resolve(dataDir);
  const about = await stat(directory).catch(() => undefined);
  if (!about) {
    const parent = await firstThere(dirname(directory));
    const usable = await mayWrite(parent);
    const says = `${directory} is not there yet`;
    return usable
      ? [ok(CHECK, `${says}: the server makes it`), await checkSpace(parent)]
      : [broken(CHECK, says, `let the server write into ${parent}, or set another`)];
  }
  if (!about.isDirectory()) return [broken(CHECK, `${directory} is no directory`, 'set another')];
  if (!(await mayWrite(directory))) {
    return [
      broken(CHECK, `${directory} may not be written to by this user`, 'run this as the server’s user'),
    ];
  }
  return [...(await checkModes(directory)), await checkSpace(directory)];
}

async function checkModes(directory: string): Promise<Finding[]> {
  const loose = await findLooseModes(directory);
  if (loose.length === 0) return [ok(CHECK, `${directory} is the server’s alone`)];
  return loose.map(({ path, mode, wanted }) => {
    const name = path === directory ? directory : basename(path);
    const says = `${name} is open to others on this machine (${toOctal(mode)})`;
    return warning(CHECK, says, `chmod ${wanted.toString(8)} ${path}; the server does so when it starts`);
  });
}

async function checkSpace(directory: string): Promise<Finding> {
  const check = 'disk';
  try {
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    const says = `${Math.floor(free / MIB)} MiB free`;
    if (free < LEAST_FREE_BYTES)
      return broken(check, says, 'make room: writes will fail, and logins with them');
    return free < FEW_FREE_BYTES ? warning(check, says, 'make room') : ok(check, says);
  } catch (error) {
    return broken(check, `cannot be asked (${reasonOf(error)})`, 'look at the file system of DATA_DIR');
  }
}

async function mayWrite(directory: string): Promise<boolean> {
  return access(directory, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function firstThere(directory: string): Promise<string> {
  const there = await stat(directory).catch(() => undefined);
  return there ? directory : firstThere(dirname(directory));
}
