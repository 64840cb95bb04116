import { randomBytes, randomUUID } from 'node:crypto';
import t from 'tap';
import type { RateKey } from '../../../storage/rate-counters.js';
import { Sealer } from '../../../storage/sealer.js';
import { RedisTokenStore } from '../../../storage/tokens/redis-token-store.js';
import type { TokenStore } from '../../../storage/tokens/token-store.js';
import { type Redis, startRedis } from '../../support/services/redis.js';
import type { Teardown } from '../../support/services/service-process.js';
import { UNAVAILABLE, untilAnswered, withinTwoSeconds } from '../../support/storage/outages.js';
import { randomHex, tokenRecords } from '../../support/storage/records.js';

const sealer = new Sealer([randomBytes(32)]);
const counterKey = randomBytes(32);

async function openStore(t: Teardown, redis: Redis): Promise<TokenStore> {
  const store = await RedisTokenStore.open(redis.url, sealer);
  t.teardown(() => store.close());
  return store;
}

function everyMethod(store: TokenStore): [name: string, ask: () => Promise<unknown>][] {
  const uid = randomUUID();
  const id = randomHex();
  return [
    ['put', () => store.put('authToken', id, tokenRecords(uid).authToken, 60)],
    ['get', () => store.get('authToken', id)],
    ['take', () => store.take('authToken', id)],
    ['restore', () => store.restore('authToken', id, randomUUID())],
    ['replaceForgotPasswordToken', () => store.replaceForgotPasswordToken(uid, '192.0.2.1', id, 60)],
    ['countGuess', () => store.countGuess(id, 60)],
    ['restoreGuess', () => store.restoreGuess(id, randomUUID())],
    ['guesses', () => store.guesses(id)],
    ['claimNonce', () => store.claimNonce({ uid, tokenID: id }, 'nonce', 1, 60)],
    ['forgetAccount', () => store.forgetAccount(uid)],
    ['announce', () => store.announce(uid)],
    ['ping', () => store.ping()],
  ];
}

t.test('while Redis is stopped every method throws, and all recover after its start', async (t) => {
  const redis = await startRedis(t);
  const store = await openStore(t, redis);
  await store.ping();
  await redis.stop('SIGKILL');
  for (const [name, ask] of everyMethod(store)) await t.rejects(withinTwoSeconds(ask()), UNAVAILABLE, name);
  await redis.start();
  await untilAnswered(() => store.ping());
  for (const [name, ask] of everyMethod(store)) await t.resolves(ask(), name);
});

t.test('while Redis hangs every method throws, and all recover when it continues', async (t) => {
  const redis = await startRedis(t);
  const store = await openStore(t, redis);
  await store.ping();
  redis.freeze();
  await Promise.all(
    everyMethod(store).map(([name, ask]) => t.rejects(withinTwoSeconds(ask()), UNAVAILABLE, name)),
  );
  redis.thaw();
  await untilAnswered(() => store.ping());
  for (const [name, ask] of everyMethod(store)) await t.resolves(ask(), name);
});

t.test('commands to a hung Redis consume nothing when it continues', async (t) => {
  const redis = await startRedis(t);
  const store = await openStore(t, redis);
  const id = randomHex();
  await store.put('srpToken', id, tokenRecords().srpToken, 60);
  await store.countGuess(id, 60);
  redis.freeze();
  await t.rejects(store.take('srpToken', id), UNAVAILABLE);
  await t.rejects(store.countGuess(id, 60), UNAVAILABLE);
  redis.thaw();
  await untilAnswered(() => store.ping());
  t.ok(await store.take('srpToken', id));
  t.equal((await store.countGuess(id, 60)).guesses, 2);
});

t.test(
  'tokens and guesses restored during an outage are there for the first command afterwards',
  async (t) => {
    const redis = await startRedis(t, { args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    const store = await openStore(t, redis);
    const [id, forgot] = [randomHex(), randomHex()];
    await store.put('authToken', id, tokenRecords().authToken, 60);
    const taken = await store.take('authToken', id);
    const { claim } = await store.countGuess(forgot, 60);
    await redis.stop();
    await t.rejects(store.restore('authToken', id, taken?.claim ?? ''), UNAVAILABLE);
    await t.rejects(store.restoreGuess(forgot, claim), UNAVAILABLE);
    await redis.start();
    let found: unknown;
    await untilAnswered(async () => {
      found = await store.take('authToken', id);
    });
    t.ok(found, 'the first command finds it');
    t.equal(await store.guesses(forgot), 0);
  },
);

t.test('counts without a reply of Redis are restored', async (t) => {
  const redis = await startRedis(t);
  const store = (await openStore(t, redis)) as RedisTokenStore;
  const counters = store.openRateCounters(counterKey);
  const keys = ['one', 'two'].map((key): RateKey => [{ name: 'test', seconds: 60 }, key]);
  await counters.add(keys);
  redis.freeze();
  for (let i = 0; i < 2; i++) await t.rejects(counters.add(keys), UNAVAILABLE);
  redis.thaw();
  await untilAnswered(() => store.ping());
  t.match(await counters.add(keys), { counts: [{ count: 2 }, { count: 2 }] });
});

t.test('tokens survive a restart of a Redis with persistence', async (t) => {
  const redis = await startRedis(t, { args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  const store = await openStore(t, redis);
  const id = randomHex();
  await store.put('authToken', id, tokenRecords().authToken, 60);
  await redis.restart('SIGKILL');
  await untilAnswered(() => store.ping());
  t.ok(await store.take('authToken', id));
});

t.test('a server that starts before Redis connects later', async (t) => {
  const redis = await startRedis(t);
  await redis.stop();
  const store = await openStore(t, redis);
  await t.rejects(store.ping(), UNAVAILABLE);
  const uid = randomUUID();
  const heard = new Promise<void>((resolve) => void store.listen(uid, resolve));
  await redis.start();
  await untilAnswered(() => store.announce(uid));
  await heard;
});

t.test('listeners are called after an interruption of the subscription', async (t) => {
  const redis = await startRedis(t);
  const store = await openStore(t, redis);
  const uid = randomUUID();
  const heard = new Promise<void>((resolve) => void store.listen(uid, resolve));
  await redis.restart();
  await heard;
});
