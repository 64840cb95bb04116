import type { Kysely } from 'kysely';
import type { DeviceType } from '../protocol/devices.js';
import { CompensationQueue } from './compensation.js';
import { MissingRowError } from './errors.js';
import type { Sealer } from './sealer.js';
import { prepareSessionFind, prepareSessionInsert, selectSessions } from './session-queries.js';
import { SessionTouches } from './session-touches.js';
import type { Tables } from './sql/schema.js';
import { aadFor } from './sql/sealed-columns.js';

export interface NewSession {
  /** 64 hex digits. */
  tokenID: string;
  /** 32 bytes. */
  reqHMACkey: Uint8Array;
  uid: string;
  /** Of the password that was proven. */
  generation: number;
  deviceId: string;
  deviceName: string | null;
  deviceType: DeviceType | null;
  createdAt: number;
}

/** With the fields of its account that requests need. Times in ms. */
export interface Session extends NewSession {
  lastAccessAt: number;
  email: string;
  verified: boolean;
  locale: string;
}

export interface Opened {
  verified: boolean;
}

export interface DeviceSession {
  tokenID: string;
  deviceId: string;
  deviceName: string | null;
  deviceType: DeviceType | null;
  lastAccessAt: number;
}

/** Sessions in SQL. Every method throws StoreUnavailableError when the database fails. */
export class Sessions {
  readonly #db: Kysely<Tables>;
  readonly #sealer: Sealer;
  readonly #touches: SessionTouches;
  readonly #compensations: CompensationQueue<Sessions>;
  readonly #runInsert: ReturnType<typeof prepareSessionInsert>;
  readonly #runFind: ReturnType<typeof prepareSessionFind>;

  constructor(db: Kysely<Tables>, sealer: Sealer) {
    this.#db = db;
    this.#sealer = sealer;
    this.#touches = new SessionTouches(db);
    // The INSERT may still run when its failure is reported, so the DELETE waits.
    this.#compensations = new CompensationQueue<Sessions>(this, { attemptAtOnce: false });
    this.#runInsert = prepareSessionInsert(db);
    this.#runFind = prepareSessionFind(db);
  }

  /**
   * Opens a session if the account has the proven generation and fewer than `maxSessions` sessions.
   * Simultaneous logins do not see each other's rows: each needs its own slot, and one that is taken retries.
   */
  async create(session: NewSession, maxSessions: number): Promise<Opened | 'tooMany' | 'accountChanged'> {
    try {
      // Terminates: in each round that fails, another login succeeded.
      for (;;) {
        const opened = await this.#insert(session, maxSessions);
        if (opened) return opened;
        const open = await this.#countOpen(session);
        if (open === undefined) return 'accountChanged';
        if (open >= maxSessions) return 'tooMany';
      }
    } catch (error) {
      // The account was destroyed between the SELECT and the INSERT of this statement.
      if (error instanceof MissingRowError) return 'accountChanged';
      // The outcome of the INSERT is unknown. No client has the token of a session that it opened.
      this.#compensations.enqueue((sessions) => sessions.destroy(session.tokenID));
      throw error;
    }
  }

  async #insert(session: NewSession, maxSessions: number): Promise<Opened | undefined> {
    const { rows } = await this.#runInsert({
      token_id: session.tokenID,
      uid: session.uid,
      generation: session.generation,
      req_hmac_key: this.#sealer.seal(aadOf(session.tokenID), session.reqHMACkey),
      device_id: session.deviceId,
      device_name: session.deviceName,
      device_type: session.deviceType,
      created_at: session.createdAt,
      max_sessions: maxSessions,
    });
    const [row] = rows;
    return row && { verified: row.verified_at !== null };
  }

  async find(tokenID: string): Promise<Session | undefined> {
    const { rows } = await this.#runFind({ tokenID });
    const [row] = rows;
    return (
      row && {
        ...toDeviceSession(row),
        reqHMACkey: this.#sealer.open(aadOf(tokenID), row.req_hmac_key),
        uid: row.uid,
        generation: row.generation,
        createdAt: row.created_at,
        email: row.email,
        verified: row.verified_at !== null,
        locale: row.locale,
      }
    );
  }

  /** Oldest first. */
  async list(uid: string): Promise<DeviceSession[]> {
    const rows = await selectSessions(this.#db)
      .select(['token_id', 'device_id', 'device_name', 'device_type', 'last_access_at'])
      .where('sessions.uid', '=', uid)
      .orderBy('sessions.created_at')
      .execute();
    return rows.map((row) => {
      const session = toDeviceSession(row);
      return { ...session, lastAccessAt: this.#touches.get(session.tokenID) ?? session.lastAccessAt };
    });
  }

  /** The write follows some seconds later, with others. */
  touch(tokenID: string, nowMs: number): void {
    this.#touches.add(tokenID, nowMs);
  }

  async close(): Promise<void> {
    this.#compensations.close();
    await this.#touches.write();
  }

  /** @returns `false` when it does not exist: another request ended it first */
  async destroy(tokenID: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('sessions')
      .where('token_id', '=', tokenID)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /** Ends a session whose token no client received, now or when the database answers. Never rejects. */
  async abandon(tokenID: string): Promise<void> {
    const end = () => this.destroy(tokenID);
    await this.#compensations.runOrEnqueue(end, end).catch(() => {});
  }

  /** @returns `undefined` when the account has another generation, or is gone */
  async #countOpen({ uid, generation }: NewSession): Promise<number | undefined> {
    const row = await this.#db
      .selectFrom('accounts')
      .select((eb) =>
        eb
          .selectFrom('sessions')
          .select((eb) => eb.fn.countAll<number>().as('open'))
          .where('sessions.uid', '=', uid)
          .where('sessions.generation', '=', generation)
          .as('open'),
      )
      .where('uid', '=', uid)
      .where('generation', '=', generation)
      .executeTakeFirst();
    return row && Number(row.open);
  }
}

function aadOf(tokenID: string): string {
  return aadFor('sessions', 'req_hmac_key', tokenID);
}

function toDeviceSession(
  row: Pick<Tables['sessions'], 'token_id' | 'device_id' | 'device_name' | 'device_type' | 'last_access_at'>,
): DeviceSession {
  return {
    tokenID: row.token_id,
    deviceId: row.device_id,
    deviceName: row.device_name,
    deviceType: row.device_type as DeviceType | null,
    lastAccessAt: row.last_access_at,
  };
}
