import { Accounts } from './accounts.js';
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
  /** Unset: the in-process token store. */
  redisUrl?: string | undefined;
  /** 32 bytes each; the first one writes. */
  storageKeys: Uint8Array[];
  /** The clock, ms since 1970. */
  now: () => number;
  housekeeping?: HousekeepingOptions;
  observeStatement?: (timing: StatementTiming) => void;
  observeCommand?: (timing: { ms: number; failed: boolean }) => void;
}

/** All stores. */
export interface Storage {
  accounts: Accounts;
  sessions: Sessions;
  outbox: Outbox;
  signingKeys: SigningKeys;
  secrets: Secrets;
  tokens: TokenStore;
  /** In the same store as the tokens. */
  counters: RateCounters;
  housekeeping: Housekeeping;
  pingDatabase(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the stores and brings the schema up to date.
 * @throws StoreUnavailableError when the database does not answer; RangeError when a key or the Redis URL has
 *   no form that is known
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const sealer = new Sealer(options.storageKeys);
  const redis = options.redisUrl ? await openRedis(options.redisUrl, sealer, options) : undefined;
  const tokens = redis ?? new MemoryTokenStore(options.now);
  const database = await openDatabase(options.database, options.observeStatement).catch(async (error) => {
    await tokens.close();
    throw error;
  });
  const outbox = new Outbox(database.db, sealer, database.engine);
  const sessions = new Sessions(database.db, sealer);
  const housekeeping = new Housekeeping(database.db, options.now, options.housekeeping);
  return {
    accounts: new Accounts(database.db, sealer, outbox, database.purgeDeleted),
    sessions,
    outbox,
    signingKeys: new SigningKeys(database.db, sealer),
    secrets: new Secrets(database.db, sealer),
    tokens,
    counters: redis?.openRateCounters() ?? new MemoryRateCounters(),
    housekeeping,
    pingDatabase: database.ping,
    async close() {
      housekeeping.close();
      await Promise.all([tokens.close(), sessions.close()]);
      await database.close();
    },
  };
}

async function openRedis(url: string, sealer: Sealer, { now, observeCommand }: StorageOptions) {
  // Loaded on demand: the `redis` package takes 0.3 s of CPU.
  const { RedisTokenStore } = await import('./tokens/redis-token-store.js');
  return RedisTokenStore.open(url, sealer, now, observeCommand);
}
