import { existsSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import { type Config, ConfigError } from '../../../config/load.js';
import { withTimeout } from '../../../protocol/with-timeout.js';
import { StoreUnavailableError } from '../../../storage/errors.js';
import { Sealer } from '../../../storage/sealer.js';
import { SigningKeys } from '../../../storage/signing-keys.js';
import { listMigrations, openToRead } from '../../../storage/sql/database.js';
import { createMigrations } from '../../../storage/sql/migrations.js';
import type { Tables } from '../../../storage/sql/schema.js';
import { findCurrentKey } from '../../certificates/signing-key-ring.js';
import { reasonOf } from '../../logs/reason.js';
import { adviseMoved, findMoveMark } from '../../move-mark.js';
import { findStorageKeys, keyFileOf } from '../../storage-key.js';
import { locateDatabase } from '../../stores.js';
import { broken, type Finding, judgeClock, ok, warning } from './finding.js';

const DATABASE = 'database';
const STORAGE_KEY = 'STORAGE_KEY';
const SIGNING_KEY = 'signing key';
const TIMEOUT_MS = 5_000;

export async function checkDatabase(config: Config): Promise<Finding[]> {
  const location = locateDatabase(config);
  if (location.engine === 'sqlite' && !existsSync(location.filename)) {
    return [ok(DATABASE, `${location.filename} does not exist yet: the server creates it`)];
  }
  const mark = findMoveMark(location);
  if (mark) return [broken(DATABASE, 'was moved to another database', adviseMoved(mark))];
  const { storageKeys, found } = await readStorageKeys(config);
  const db = await openToRead(location);
  try {
    return [...(await withTimeout(TIMEOUT_MS, checkContents(db, config, storageKeys))), ...found];
  } catch (error) {
    const where = location.engine === 'sqlite' ? location.filename : 'the PostgreSQL of DATABASE_URL';
    const says = `${where} does not answer (${reasonOf(error)})`;
    const advice =
      location.engine === 'sqlite'
        ? 'check that the file is intact and belongs to the server’s user'
        : 'check that it runs, accepts connections from this machine, and has the user and the database';
    return [broken(DATABASE, says, advice), ...found];
  } finally {
    await withTimeout(TIMEOUT_MS, db.destroy()).catch(() => {});
  }
}

async function readStorageKeys(config: Config): Promise<{ storageKeys?: Buffer[]; found: Finding[] }> {
  try {
    const storageKeys = await findStorageKeys(config);
    if (storageKeys) return { storageKeys, found: [] };
    const advice = 'restore it from the backup: without it the accounts cannot be decrypted';
    return { found: [broken(STORAGE_KEY, `${keyFileOf(config)} is missing`, advice)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isFile = !config.storageKey && !config.databaseUrl;
    const advice = isFile ? 'run this as the server’s user' : 'set the same keys as on the other servers';
    return { found: [broken(STORAGE_KEY, error.message.replace(/^STORAGE_KEY: /, ''), advice)] };
  }
}

async function checkContents(
  db: Kysely<Tables>,
  config: Config,
  storageKeys: Buffer[] | undefined,
): Promise<Finding[]> {
  const { engine } = locateDatabase(config);
  const started = performance.now();
  await sql`select 1`.execute(db);
  const ms = Math.ceil(performance.now() - started);
  const found = [ok(DATABASE, `${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'} answers in ${ms} ms`)];
  if (engine === 'postgres') found.push(await checkClock(db));
  const { finding, isOurs } = await checkSchema(db, engine);
  const keys = storageKeys && isOurs ? await checkKeys(db, config, storageKeys) : [];
  return [...found, finding, ...keys];
}

async function checkClock(db: Kysely<Tables>): Promise<Finding> {
  const sent = Date.now();
  const { rows } = await sql<{
    ms: number;
  }>`select extract(epoch from clock_timestamp()) * 1000 as ms`.execute(db);
  const received = Date.now();
  return judgeClock('database clock', Number(rows[0]?.ms) - (sent + received) / 2);
}

/** Compares the schema with this release. `isOurs`: the tables are those of this release. */
async function checkSchema(db: Kysely<Tables>, engine: 'sqlite' | 'postgres') {
  const check = 'schema';
  const known = Object.keys(await createMigrations(engine).getMigrations());
  const made = await listMigrations(db);
  const unknown = made.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const says = `from a newer release (${unknown.join(', ')})`;
    return {
      finding: broken(check, says, 'run that release or a newer one'),
      isOurs: false,
    };
  }
  const missing = known.length - made.length;
  const says = missing ? `${missing} migrations pending; the server runs them at start` : 'up to date';
  return { finding: ok(check, says), isOurs: missing === 0 };
}

async function checkKeys(db: Kysely<Tables>, config: Config, storageKeys: Buffer[]): Promise<Finding[]> {
  let keys: Awaited<ReturnType<SigningKeys['list']>>;
  try {
    keys = await new SigningKeys(db, new Sealer(storageKeys)).list();
  } catch (error) {
    // A database error is not about keys.
    if (error instanceof StoreUnavailableError) throw error;
    const advice = 'set the keys that the database was written with, comma-separated';
    return [broken(STORAGE_KEY, 'does not decrypt the database', advice)];
  }
  const algorithm = config.signingAlgorithm;
  const current = findCurrentKey(keys, algorithm, Date.now());
  const opened = keys.length > 0 ? [ok(STORAGE_KEY, 'decrypts the database')] : [];
  if (current) return [...opened, ok(SIGNING_KEY, `${current.id} signs`)];
  const older = keys.filter((key) => key.algorithm === algorithm);
  if (older.length > 0) {
    const advice = 'set retired_at of the newest key to null';
    return [...opened, broken(SIGNING_KEY, `every ${algorithm} key is retired`, advice)];
  }
  if (keys.length === 0) return [...opened, ok(SIGNING_KEY, 'does not exist yet: the server creates it')];
  const says = `SIGNING_ALGORITHM is ${algorithm}, but the database has keys of the other algorithm`;
  return [
    ...opened,
    warning(SIGNING_KEY, says, 'set the same on every server; a key is created at the next start'),
  ];
}
