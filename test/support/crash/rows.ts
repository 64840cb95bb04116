import { type Kysely, sql } from 'kysely';
import { type DatabaseLocation, openToRead } from '../../../storage/sql/database.js';
import type { Tables } from '../../../storage/sql/schema.js';

export interface Rows {
  /** Corruption of the file, and dangling references. */
  faults: string[];
  /** By address. */
  accounts: Map<string, { uid: string; sessions: number }>;
  unverified: string[];
  mailed: Set<string>;
}

export async function readRows(location: DatabaseLocation): Promise<Rows> {
  const db = await openToRead(location);
  try {
    const faults = [...(await findOrphans(db)), ...(location.engine === 'sqlite' ? await checkFile(db) : [])];
    // Read the mails first: a mail that is missing here is in the folder.
    const mails = await db.selectFrom('mails').select('uid').execute();
    const accounts = await db.selectFrom('accounts').select(['uid', 'email', 'verified_at']).execute();
    const sessions = await db.selectFrom('sessions').select('uid').execute();
    const countSessions = (uid: string) => sessions.filter((session) => session.uid === uid).length;
    return {
      faults,
      accounts: new Map(accounts.map(({ email, uid }) => [email, { uid, sessions: countSessions(uid) }])),
      unverified: accounts.flatMap(({ uid, verified_at }) => (verified_at === null ? [uid] : [])),
      mailed: new Set(mails.map(({ uid }) => uid)),
    };
  } finally {
    await db.destroy();
  }
}

/** Rows without an account, and sessions that a new password should have ended. */
async function findOrphans(db: Kysely<Tables>): Promise<string[]> {
  const faults: string[] = [];
  for (const table of ['sessions', 'mails'] as const) {
    const orphans = await sql<object>`select 1 from ${sql.table(table)} as t
      where not exists (select 1 from accounts where accounts.uid = t.uid)`.execute(db);
    if (orphans.rows.length > 0) faults.push(`${orphans.rows.length} ${table} without an account`);
  }
  const outlived = await sql<object>`select 1 from sessions
    join accounts on accounts.uid = sessions.uid and accounts.generation <> sessions.generation`.execute(db);
  if (outlived.rows.length > 0) faults.push(`${outlived.rows.length}sessions of an older password`);
  return faults;
}

async function checkFile(db: Kysely<Tables>): Promise<string[]> {
  const integrity = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  const references = await sql<{ table: string }>`pragma foreign_key_check`.execute(db);
  return [
    ...integrity.rows.map((row) => row.integrity_check).filter((found) => found !== 'ok'),
    ...references.rows.map(({ table }) => `a row of ${table} refers to nothing`),
  ];
}
