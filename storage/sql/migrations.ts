import { type Kysely, type Migration, type MigrationProvider, sql } from 'kysely';

export type SqlEngine = 'sqlite' | 'postgres';

/** In order. Never edit a released migration: databases that have run its name do not run it again. */
export function createMigrations(engine: SqlEngine): MigrationProvider {
  const bytes = engine === 'postgres' ? sql`bytea` : sql`blob`;
  const migrations: Record<string, Migration> = {
    '0001-accounts-and-sessions': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('accounts')
          .addColumn('uid', 'text', (c) => c.primaryKey())
          .addColumn('email', 'text', (c) => c.notNull())
          .addColumn('normalized_email', 'text', (c) => c.notNull().unique())
          .addColumn('verified_at', 'bigint')
          .addColumn('verify_code', bytes, (c) => c.notNull())
          .addColumn('verifier', bytes, (c) => c.notNull())
          .addColumn('srp_salt', bytes, (c) => c.notNull())
          .addColumn('stretching_salt', bytes, (c) => c.notNull())
          .addColumn('ka', bytes, (c) => c.notNull())
          .addColumn('wrap_kb', bytes, (c) => c.notNull())
          .addColumn('generation', 'bigint', (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .execute();
        await db.schema
          .createTable('sessions')
          .addColumn('token_id', 'text', (c) => c.primaryKey())
          .addColumn('uid', 'text', (c) => c.notNull().references('accounts.uid').onDelete('cascade'))
          .addColumn('generation', 'bigint', (c) => c.notNull())
          .addColumn('req_hmac_key', bytes, (c) => c.notNull())
          .addColumn('device_id', 'text', (c) => c.notNull())
          .addColumn('device_name', 'text')
          .addColumn('device_type', 'text')
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('last_access_at', 'bigint', (c) => c.notNull())
          .execute();
        await db.schema.createIndex('sessions_by_uid').on('sessions').column('uid').execute();
      },
    },
    '0002-mails-keys-and-locale': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .alterTable('accounts')
          .addColumn('locale', 'text', (c) => c.notNull().defaultTo('en'))
          .execute();
        await db.schema
          .createTable('mails')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('uid', 'text', (c) => c.notNull().references('accounts.uid').onDelete('cascade'))
          .addColumn('message', bytes, (c) => c.notNull())
          .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
          .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .execute();
        await db.schema.createIndex('mails_by_next_attempt').on('mails').column('next_attempt_at').execute();
        await db.schema.createIndex('mails_by_uid').on('mails').column('uid').execute();
        await db.schema
          .createTable('signing_keys')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('algorithm', 'text', (c) => c.notNull())
          .addColumn('private_key', bytes, (c) => c.notNull())
          .addColumn('created_at', 'bigint', (c) => c.notNull())
          .addColumn('retired_at', 'bigint')
          .execute();
      },
    },
    '0003-locked-accounts': {
      async up(db: Kysely<unknown>) {
        await db.schema.alterTable('accounts').addColumn('locked_at', 'bigint').execute();
      },
    },
    '0004-leases': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('leases')
          .addColumn('name', 'text', (c) => c.primaryKey())
          .addColumn('until', 'bigint', (c) => c.notNull())
          .execute();
      },
    },
    '0005-secrets': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('secrets')
          .addColumn('name', 'text', (c) => c.primaryKey())
          .addColumn('value', bytes, (c) => c.notNull())
          .execute();
      },
    },
    '0006-session-slots': {
      async up(db: Kysely<unknown>) {
        await db.schema.alterTable('sessions').addColumn('slot', 'bigint').execute();
        await sql`update sessions set slot = (select count(*) from sessions as other
          where other.uid = sessions.uid and other.generation = sessions.generation
          and other.token_id <= sessions.token_id)`.execute(db);
        await db.schema
          .createIndex('sessions_by_slot')
          .unique()
          .on('sessions')
          .columns(['uid', 'generation', 'slot'])
          .execute();
        await db.schema.dropIndex('sessions_by_uid').execute();
      },
    },
    '0007-audit-and-account-search': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('audit')
          .addColumn('id', 'text', (c) => c.primaryKey())
          .addColumn('at', 'bigint', (c) => c.notNull())
          .addColumn('actor', 'text', (c) => c.notNull())
          .addColumn('event', 'text', (c) => c.notNull())
          .addColumn('uid', 'text')
          .addColumn('signing_key', 'text')
          .execute();
        await db.schema.createIndex('audit_by_uid').on('audit').columns(['uid', 'id']).execute();
        // Lists of accounts are in byte order of their addresses. SQLite's unique index has that order.
        const isPostgres = engine === 'postgres';
        const address = isPostgres ? sql`normalized_email collate "C"` : sql`normalized_email`;
        const domain = isPostgres
          ? sql`split_part(normalized_email, '@', 2)`
          : sql`substr(normalized_email, instr(normalized_email, '@') + 1)`;
        if (isPostgres) await sql`create index accounts_by_address on accounts (${address})`.execute(db);
        await sql`create index accounts_by_domain on accounts (${domain}, ${address})`.execute(db);
        await sql`create index accounts_unverified on accounts (${address}) where verified_at is null`.execute(
          db,
        );
        await sql`create index accounts_locked on accounts (${address}) where locked_at is not null`.execute(
          db,
        );
      },
    },
  };
  return { getMigrations: async () => migrations };
}
