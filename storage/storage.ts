import { AccountSearch } from './account-search.js';
import { Accounts } from './accounts.js';
import { AuditLog } from './audit-log.js';
import { Housekeeping, type HousekeepingOptions } from './housekeeping.js';
import { Outbox } from './outbox.js';
import { MemoryRateCounters, type RateCounters } from './rate-counters.js';
import { Sealer } from './sealer.js';
import { Secrets } from './secrets.js';
import { Sessions } from './sessions.js';
import { SigningKeys } from './signing-keys.js';
import { type DatabaseLocation, openDatabase } from './sql/database.js';
import type { StatementTiming } from './sql/guarded-dialect.js';
import { MemoryTokenStore } from './tokens/memory-token-store.js';
import type { TokenStore } from './tokens/token-store.js';

export interface StorageOptions {
  database: DatabaseLocation;
  /** Unset: tokens and counters are kept in this process. */
  redisUrl?: string | undefined;
  storageKeys: Uint8Array[];
  /** Milliseconds since 1970. */
  now: () => number;
  housekeeping?: HousekeepingOptions;
  observeStatement?: (timing: StatementTiming) => void;
  observeCommand?: (timing: { ms: number; failed: boolean }) => void;
}

export interface Storage {
  accounts: Accounts;
  accountSearch: AccountSearch;
  sessions: Sessions;
  outbox: Outbox;
  signingKeys: SigningKeys;
  secrets: Secrets;
  audit: AuditLog;
  tokens: TokenStore;
  counters: RateCounters;
  housekeeping: Housekeeping;
  pingDatabase(): Promise<void>;
  close(): Promise<void>;
}

/** Also migrates the schema. @throws StoreUnavailableError; RangeError for an invalid key or Redis URL */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const sealer = new Sealer(options.storageKeys);
  const database = await openDatabase(options.database, options.observeStatement);
  const { db } = database;
  const secrets = new Secrets(db, sealer);
  const shortLived = await openShortLived(options, sealer, secrets).catch(async (error) => {
    await database.close();
    throw error;
  });
  const outbox = new Outbox(db, sealer, database.engine);
  const sessions = new Sessions(db, sealer);
  const housekeeping = new Housekeeping(db, options.now, options.housekeeping);
  return {
    accounts: new Accounts(db, sealer, outbox, database.purgeDeleted),
    accountSearch: new AccountSearch(db, database.engine),
    sessions,
    outbox,
    signingKeys: new SigningKeys(db, sealer),
    secrets,
    audit: new AuditLog(db),
    ...shortLived,
    housekeeping,
    pingDatabase: database.ping,
    async close() {
      housekeeping.close();
      await Promise.all([shortLived.tokens.close(), sessions.close()]);
      await database.close();
    },
  };
}

async function openShortLived(
  { redisUrl, now, observeCommand }: StorageOptions,
  sealer: Sealer,
  secrets: Secrets,
): Promise<Pick<Storage, 'tokens' | 'counters'>> {
  if (!redisUrl) return { tokens: new MemoryTokenStore(now), counters: new MemoryRateCounters() };
  const counterKey = await secrets.obtain('rateCounterKeys');
  // Loaded on demand: the `redis` package takes 0.3 s of CPU.
  const { RedisTokenStore } = await import('./tokens/redis-token-store.js');
  const tokens = await RedisTokenStore.open(redisUrl, sealer, now, observeCommand);
  return { tokens, counters: tokens.openRateCounters(counterKey) };
}
