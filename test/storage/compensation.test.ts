import { randomBytes, randomUUID } from 'node:crypto';
import { mock } from 'node:test';
import fc, { type AsyncCommand, type Scheduler } from 'fast-check';
import t, { type Test } from 'tap';
import { CompensationQueue, RequestCompensations } from '../../storage/compensation.js';
import { StoreUnavailableError } from '../../storage/errors.js';
import { parseRedisUrl, type RedisConnection } from '../../storage/redis/topology.js';
import { Sealer } from '../../storage/sealer.js';
import { RedisTokenStore } from '../../storage/tokens/redis-token-store.js';
import { startRedis } from '../support/services/redis.js';
import { randomHex, tokenRecords } from '../support/storage/records.js';
import { afterReactions, ScheduledRedis } from '../support/storage/scheduled-redis.js';

const RUNS = 60;
const SERVERS = 2;
const TOKENS = 5;
const LIFE_S = 600;
const WINDOW = { name: 'test', seconds: 600 };
/** Longer than every timer of storage/. */
const LONGEST_TIMER_MS = 2000;
const ROUNDS_TO_RECOVER = 8;

const sealer = new Sealer([randomBytes(32)]);
const counterKey = randomBytes(32);
const redis = await startRedis(t);
const real = await parseRedisUrl(redis.url).connect();
t.teardown(() => real.close());

type Outcome = 'done' | 'unknown token' | 'unavailable' | 'under way';
/** What happens after the request consumed: success, or failure of another store. */
type Fate = 'succeeds' | 'fails with 503';

interface Request {
  of: 'token' | 'guess' | 'count';
  token: number;
  outcome: Outcome;
}
interface Model {
  requests: Request[];
  expired: Set<number>;
}

class Servers {
  readonly tokens = Array.from({ length: TOKENS }, randomHex);
  readonly guessed = randomHex();
  readonly counter = randomUUID();
  readonly #scheduler: Scheduler;
  readonly networks: ScheduledRedis[];
  readonly #stores: RedisTokenStore[] = [];

  constructor(scheduler: Scheduler, real: RedisConnection) {
    this.#scheduler = scheduler;
    this.networks = Array.from({ length: SERVERS }, (_, i) => new ScheduledRedis(real, scheduler, `${i}`));
  }

  async open(): Promise<void> {
    for (const network of this.networks) this.#stores.push(await RedisTokenStore.open(network, sealer));
    for (const id of this.tokens) await this.#store(0).put('authToken', id, tokenRecords().authToken, LIFE_S);
    for (const network of this.networks) network.isScheduled = true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
    for (const network of this.networks) network.cut('lost');
  }

  async serve(server: number, request: Request, fate: Fate): Promise<void> {
    const compensations = new RequestCompensations();
    try {
      const found = await this.#consume(this.#store(server), request, compensations);
      await this.#scheduler.schedule(Promise.resolve(), `${server}: handler`);
      if (!found) request.outcome = 'unknown token';
      else if (fate === 'fails with 503') throw new StoreUnavailableError('database', new Error('away'));
      else request.outcome = 'done';
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await compensations.runAll();
      request.outcome = 'unavailable';
    }
  }

  async #consume(store: RedisTokenStore, { of, token }: Request, compensations: RequestCompensations) {
    if (of === 'token') {
      const id = this.tokens[token] as string;
      const taken = await store.take('authToken', id);
      if (taken) compensations.add(() => store.restore('authToken', id, taken.claim));
      return taken !== undefined;
    }
    if (of === 'guess') {
      const { claim } = await store.countGuess(this.guessed, LIFE_S);
      compensations.add(() => store.restoreGuess(this.guessed, claim));
      return true;
    }
    const { restore } = await store.openRateCounters(counterKey).add([[WINDOW, this.counter]]);
    compensations.add(restore);
    return true;
  }

  async recover(): Promise<void> {
    for (const network of this.networks) network.isUp = true;
    for (let round = 0; round < ROUNDS_TO_RECOVER; round++) {
      mock.timers.tick(LONGEST_TIMER_MS);
      await afterReactions();
      await this.#scheduler.waitIdle();
    }
    for (const network of this.networks) network.isScheduled = false;
  }

  async look() {
    const [store] = this.#stores as [RedisTokenStore];
    const { counts } = await store.openRateCounters(counterKey).add([[WINDOW, this.counter]]);
    return {
      tokens: await Promise.all(this.tokens.map(async (id) => !!(await store.get('authToken', id)))),
      guesses: await store.guesses(this.guessed),
      counted: (counts[0]?.count ?? 0) - 1,
    };
  }

  #store(server: number): RedisTokenStore {
    return this.#stores[server] as RedisTokenStore;
  }
}

type Step = AsyncCommand<Model, Servers>;

function step(name: string, run: (model: Model, servers: Servers) => void | Promise<void>): Step {
  return {
    check: () => true,
    async run(model, servers) {
      await run(model, servers);
      await afterReactions();
    },
    toString: () => name,
  };
}

const server = fc.nat(SERVERS - 1);
const fate = fc.constantFrom<Fate>('succeeds', 'fails with 503', 'fails with 503');

const requests = fc
  .tuple(server, fc.nat(TOKENS - 1), fc.constantFrom('token', 'token', 'guess', 'count'), fate)
  .map(([server, token, of, fate]) =>
    step(`${server} is asked for ${of} ${token}, and ${fate}`, (model, servers) => {
      const request: Request = { of, token, outcome: 'under way' };
      model.requests.push(request);
      void servers.serve(server, request, fate);
    }),
  );

const cuts = fc
  .tuple(server, fc.constantFrom('lost', 'late', 'late'))
  .map(([server, commands]) =>
    step(`${server} loses its connection, commands ${commands}`, (_, servers) =>
      servers.networks[server]?.cut(commands),
    ),
  );

const steps = [
  ...Array.from({ length: 6 }, () => requests),
  ...Array.from({ length: 3 }, () => cuts),
  fc.tuple(server, fc.boolean()).map(([server, isUp]) =>
    step(`${server} ${isUp ? 'reaches' : 'does not reach'} Redis`, (_, { networks }) => {
      (networks[server] as ScheduledRedis).isUp = isUp;
    }),
  ),
  fc.constantFrom(100, 1000, 1500).map((ms) => step(`${ms} ms pass`, () => mock.timers.tick(ms))),
  fc.nat(TOKENS - 1).map((token) =>
    step(`token ${token} expires`, async (model, { tokens }) => {
      const id = tokens[token] as string;
      await real.send(undefined, ['DEL', `fxa:authToken:{${id}}`, `fxa:taken:authToken:{${id}}`]);
      model.expired.add(token);
    }),
  ),
];

function findFaults({ requests, expired }: Model, found: Awaited<ReturnType<Servers['look']>>): string[] {
  const count = (of: Request['of'], outcome: Outcome, token?: number) =>
    requests.filter((r) => r.of === of && r.outcome === outcome && (token ?? r.token) === r.token).length;
  const faults = requests
    .filter(({ outcome }) => outcome === 'under way')
    .map(({ of }) => `${of} not answered`);
  for (const [token, isThere] of found.tokens.entries()) {
    const winners = count('token', 'done', token);
    if (winners > 1) faults.push(`token ${token} has ${winners} winners`);
    if (winners > 0 && isThere) faults.push(`token ${token} was used and can be used again`);
    if (winners === 0 && !isThere && !expired.has(token)) faults.push(`token ${token} is lost`);
    if (isThere && expired.has(token)) faults.push(`token ${token} is valid after its expiry`);
  }
  const [guesses, counted] = [count('guess', 'done'), count('count', 'done')];
  if (found.guesses !== guesses) faults.push(`${found.guesses} guesses counted instead of ${guesses}`);
  if (found.counted !== counted) faults.push(`${found.counted} events counted instead of ${counted}`);
  return faults;
}

/** As in postgres-dialect.ts. */
const STATEMENT_TIMEOUT_MS = 1300;

function mockTimers(t: Test): void {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.teardown(() => mock.timers.reset());
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await afterReactions();
}

t.test('a delayed compensation runs after its effect has ended, also in a busy queue', async (t) => {
  mockTimers(t);
  const ran: string[] = [];
  const queue = new CompensationQueue({}, { attemptAtOnce: false });
  queue.enqueue(async () => ran.push('first'));
  await pass(STATEMENT_TIMEOUT_MS);
  t.same(ran, []);
  queue.enqueue(async () => ran.push('second'));
  await pass(STATEMENT_TIMEOUT_MS);
  t.same(ran, ['first']);
  await pass(LONGEST_TIMER_MS);
  t.same(ran, ['first', 'second']);
});

t.test('failed compensations are retried in turn until they succeed', async (t) => {
  mockTimers(t);
  let isAway = true;
  const attempts: string[] = [];
  const queue = new CompensationQueue({}, { attemptAtOnce: false });
  for (const name of ['first', 'second']) {
    queue.enqueue(async () => {
      attempts.push(name);
      if (isAway) throw new StoreUnavailableError('database', new Error('away'));
    });
  }
  for (let round = 0; round < 3; round++) await pass(LONGEST_TIMER_MS);
  t.same(attempts, ['first', 'first', 'first'], 'an unavailable store gets one statement a round');
  isAway = false;
  for (let round = 0; round < 3; round++) await pass(LONGEST_TIMER_MS);
  t.same(attempts.slice(3), ['first', 'second'], 'each succeeds once');
});

t.test('a closed queue does not retry', async (t) => {
  mockTimers(t);
  const queue = new CompensationQueue({}, { attemptAtOnce: false });
  queue.enqueue(async () => t.fail('attempted'));
  queue.close();
  await pass(LONGEST_TIMER_MS);
});

t.test('a reply waits 250 ms at most for compensations, and failures do not reach it', async (t) => {
  mockTimers(t);
  const compensations = new RequestCompensations();
  compensations.add(() => Promise.reject(new Error('away')));
  compensations.add(() => new Promise(() => {}));
  let isDone = false;
  const all = compensations.runAll().then(() => {
    isDone = true;
  });
  await pass(249);
  t.notOk(isDone);
  await pass(1);
  await all;
});

t.test('a token has one winner, and a 503 consumes nothing, in any order of events', async (t) => {
  mockTimers(t);
  const property = fc.asyncProperty(
    fc.scheduler(),
    fc.commands(steps, { maxCommands: 60, size: 'max' }),
    async (scheduler, commands) => {
      const servers = new Servers(scheduler, real);
      await servers.open();
      try {
        const model: Model = { requests: [], expired: new Set() };
        await fc.scheduledModelRun(scheduler, () => ({ model, real: servers }), commands);
        await servers.recover();
        const faults = findFaults(model, await servers.look());
        if (faults.length > 0) throw new Error(faults.join('; '));
      } finally {
        await servers.close();
        await scheduler.waitIdle();
      }
    },
  );
  const details = await fc.check(property, { numRuns: RUNS });
  if (details.failed) t.fail(fc.defaultReportMessage(details) ?? 'failed');
  else t.pass(`${details.numRuns} runs`);
});
