import { type Kysely, sql } from 'kysely';
import { prepareQuery } from './sql/prepared-query.js';
import type { Tables } from './sql/schema.js';

/** Selects sessions with their accounts, without sessions of an earlier generation. */
export function selectSessions(db: Kysely<Tables>) {
  return db
    .selectFrom('sessions')
    .innerJoin('accounts', (join) =>
      join
        .onRef('accounts.uid', '=', 'sessions.uid')
        .onRef('accounts.generation', '=', 'sessions.generation'),
    );
}

/** Every request that a session signs runs this query. */
export function prepareSessionFind(db: Kysely<Tables>) {
  return prepareQuery(db, ({ tokenID }: { tokenID: string }) =>
    selectSessions(db)
      .select([
        'sessions.token_id',
        'sessions.uid',
        'sessions.generation',
        'sessions.req_hmac_key',
        'sessions.device_id',
        'sessions.device_name',
        'sessions.device_type',
        'sessions.created_at',
        'sessions.last_access_at',
        'accounts.email',
        'accounts.verified_at',
        'accounts.locale',
      ])
      .where('token_id', '=', tokenID),
  );
}

export type InsertedSession = Omit<Tables['sessions'], 'slot' | 'last_access_at'> & { max_sessions: number };

/**
 * Prepares the INSERT of a session in the lowest free slot, if the account has the given generation and fewer
 * sessions than the maximum. Of simultaneous statements with the same slot, one inserts and returns a row.
 */
export function prepareSessionInsert(db: Kysely<Tables>) {
  return prepareQuery(db, (session: InsertedSession) =>
    db
      .insertInto('sessions')
      .columns([
        'token_id',
        'uid',
        'generation',
        'req_hmac_key',
        'device_id',
        'device_name',
        'device_type',
        'created_at',
        'last_access_at',
        'slot',
      ])
      .expression((eb) =>
        eb
          .selectFrom('accounts')
          .innerJoin(
            () => selectFreeSlot(db, session),
            (join) => join.onTrue(),
          )
          .select((eb) => [
            eb.cast<string>(eb.val(session.token_id), 'text').as('token_id'),
            'accounts.uid',
            'accounts.generation',
            eb.val(session.req_hmac_key).as('req_hmac_key'),
            eb.cast<string>(eb.val(session.device_id), 'text').as('device_id'),
            eb.cast<string | null>(eb.val(session.device_name), 'text').as('device_name'),
            eb.cast<string | null>(eb.val(session.device_type), 'text').as('device_type'),
            eb.cast<number>(eb.val(session.created_at), 'bigint').as('created_at'),
            eb.cast<number>(eb.val(session.created_at), 'bigint').as('last_access_at'),
            'free.slot',
          ])
          .where('accounts.uid', '=', session.uid)
          .where('accounts.generation', '=', session.generation)
          .where(
            (eb) =>
              eb
                .selectFrom('sessions')
                .select((eb) => eb.fn.countAll<number>().as('open'))
                .where('sessions.uid', '=', session.uid)
                .where('sessions.generation', '=', session.generation),
            '<',
            session.max_sessions,
          ),
      )
      .onConflict((conflict) => conflict.columns(['uid', 'generation', 'slot']).doNothing())
      .returning((eb) =>
        eb
          .selectFrom('accounts')
          .select('accounts.verified_at')
          .where('accounts.uid', '=', session.uid)
          .as('verified_at'),
      ),
  );
}

function selectFreeSlot(db: Kysely<Tables>, { uid, generation, max_sessions }: InsertedSession) {
  const ofAccount = db.selectFrom('sessions').where('uid', '=', uid).where('generation', '=', generation);
  return db
    .selectFrom(
      db
        .selectNoFrom((eb) => eb.cast<number>(eb.lit(1), 'bigint').as('slot'))
        .unionAll(ofAccount.select((eb) => eb('slot', '+', eb.lit(1)).as('slot')))
        .as('candidate'),
    )
    .select('candidate.slot')
    .where('candidate.slot', '<=', max_sessions)
    .where((eb) =>
      eb.not(
        eb.exists(
          ofAccount.select('token_id').where('sessions.slot', '=', sql.ref<number>('candidate.slot')),
        ),
      ),
    )
    .orderBy('candidate.slot')
    .limit(1)
    .as('free');
}
