import type { Section } from '../results.js';
import { startServer } from '../server/server-process.js';
import type { BenchContext, Measured } from '../subject.js';
import { BOUNDS, type Count, type EndpointName, liveOneLife } from './operations.js';
import type { Stores } from './stores.js';

/** What a request sets going goes on after its answer; it is counted with it. */
const QUIET_MS = 60;

type Counts = Record<'sql' | 'sqlTrips' | 'redisTrips' | 'redisCommands', number[]>;

/** What each request asks of PostgreSQL and Redis. */
export async function countOperations({ quick, progress }: BenchContext, stores: Stores): Promise<Measured> {
  const server = await startServer({
    settings: { ...stores.settings, STRETCH_THREADS: '1', RATE_LIMITS: 'on' },
  });
  const counted = new Map<EndpointName, Counts>();
  const lives = quick ? 4 : 6;
  for (let life = 0; life < lives; life++) {
    progress.step(`cluster: what each request asks of the stores, ${life + 1} of ${lives}`);
    const isWarmUp = life === 0;
    await liveOneLife(server, countInto(stores, isWarmUp ? new Map() : counted));
  }
  await server.stop();
  return describe(counted);
}

function countInto(stores: Stores, counted: Map<EndpointName, Counts>): Count {
  const read = async () => {
    await Promise.all([stores.postgres.quiet(QUIET_MS), stores.redis.quiet(QUIET_MS)]);
    return {
      sqlTrips: stores.postgres.roundTrips(),
      redisTrips: stores.redis.roundTrips(),
      sql: await stores.sqlStatements(),
      redisCommands: await stores.redisCommands(),
    };
  };
  return async (name, send) => {
    const before = await read();
    const reply = await send();
    const after = await read();
    const counts = counted.get(name) ?? { sql: [], sqlTrips: [], redisTrips: [], redisCommands: [] };
    for (const key of Object.keys(counts) as (keyof Counts)[]) counts[key].push(after[key] - before[key]);
    counted.set(name, counts);
    return reply;
  };
}

function describe(counted: Map<EndpointName, Counts>): Measured {
  // What servers do by themselves every few seconds can only add.
  const of = (name: EndpointName, key: keyof Counts) => Math.min(...(counted.get(name) as Counts)[key]);
  const names = Object.keys(BOUNDS) as EndpointName[];
  const section: Section = {
    title: 'What each request asks of PostgreSQL and Redis',
    method:
      'One server over a PostgreSQL and a Redis of its own, rate limits on, one request at a time. Statements as ' +
      'pg_stat_statements counts them, BEGIN and COMMIT too; round trips as a proxy in between sees them. What a ' +
      'request sets going behind its answer, such as sending a mail, is counted with it. The least of ' +
      'several, since what servers do now and then by themselves can only add.',
    table: {
      columns: [
        { heading: 'request' },
        { heading: 'SQL statements', digits: 0 },
        { heading: 'at most', digits: 0 },
        { heading: 'SQL round trips', digits: 0 },
        { heading: 'Redis round trips', digits: 0 },
        { heading: 'at most', digits: 0 },
        { heading: 'Redis commands', digits: 0 },
      ],
      rows: names.map((name) => [
        name,
        of(name, 'sql'),
        BOUNDS[name][0],
        of(name, 'sqlTrips'),
        of(name, 'redisTrips'),
        BOUNDS[name][1],
        of(name, 'redisCommands'),
      ]),
    },
    charts: [],
  };
  const figures = names.flatMap((name) => [
    [`${name}, SQL statements`, of(name, 'sql')],
    [`${name}, Redis round trips`, of(name, 'redisTrips')],
    [`${name}, Redis commands`, of(name, 'redisCommands')],
  ]);
  const overBound = names.filter(
    (name) => of(name, 'sql') > BOUNDS[name][0] || of(name, 'redisTrips') > BOUNDS[name][1],
  );
  const check = (what: string, measured: number, goal: number) =>
    ({ what, measured, bound: 'at most', goal, unit: '' }) as const;
  return {
    sections: [section],
    checks: [
      check('raw login: SQL statements', of('raw_password/session/create', 'sql'), 2),
      check('raw login: Redis round trips', of('raw_password/session/create', 'redisTrips'), 3),
      check('status: SQL statements', of('recovery_email/status', 'sql'), 1),
      check('status: Redis round trips', of('recovery_email/status', 'redisTrips'), 1),
      check(`requests over their bound${overBound.map((name) => `, ${name}`).join('')}`, overBound.length, 0),
    ],
    figures: Object.fromEntries(figures),
  };
}
