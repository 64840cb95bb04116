import { randomBytes, randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import t from 'tap';
import type { RateKey, RateWindow } from '../../../storage/rate-counters.js';
import { COUNT, runScript, TAKE } from '../../../storage/redis/scripts.js';
import { Sealer } from '../../../storage/sealer.js';
import { keys } from '../../../storage/tokens/redis-keys.js';
import { RedisTokenStore } from '../../../storage/tokens/redis-token-store.js';
import { startRedis } from '../../support/services/redis.js';
import { createClock } from '../../support/storage/clock.js';
import { randomHex, TOKEN_KINDS, tokenRecords } from '../../support/storage/records.js';
import { describeTokenStore } from './token-store-contract.js';

const sealer = new Sealer([randomBytes(32)]);
const counterKey = randomBytes(32);
const redis = await startRedis(t);
const client = createClient({ url: redis.url });
await client.connect();
t.teardown(() => client.destroy());

const clock = createClock({ real: true });
let trips = 0;
const store = await RedisTokenStore.open(redis.url, sealer, clock.now, () => trips++);
const other = await RedisTokenStore.open(redis.url, sealer, clock.now);
const counters = store.openRateCounters(counterKey);
t.teardown(() => Promise.all([store.close(), other.close()]));

describeTokenStore(t, { store, other, ...clock });

async function fill(uid: string) {
  const records = tokenRecords(uid);
  const ids = Object.fromEntries(TOKEN_KINDS.map((kind) => [kind, randomHex()]));
  for (const kind of TOKEN_KINDS) await store.put(kind, ids[kind] as string, records[kind], 60);
  const forgot = ids.forgotPasswordToken as string;
  await store.replaceForgotPasswordToken(uid, '192.0.2.1', forgot, 60);
  await store.countGuess(forgot, 60);
  await store.claimNonce({ uid, tokenID: randomHex() }, 'nonce', 1, 121);
  await store.take('authToken', ids.authToken as string);
  return records;
}

t.test('every key has a TTL, and a forgotten account leaves none', async (t) => {
  await client.flushDb();
  const uid = randomUUID();
  await fill(uid);
  const found = await client.keys('*');
  t.equal(found.length, TOKEN_KINDS.length + 4);
  for (const key of found) {
    const ttl = await client.pTTL(key);
    t.ok(ttl > 0 && ttl <= 3_600_000, key);
  }
  await store.forgetAccount(uid);
  t.same(await client.keys('*'), []);
});

t.test('no secret in Redis is readable without the storage key', async (t) => {
  await client.flushDb();
  const records = await fill(randomUUID());
  const secrets = Object.values(records)
    .flatMap(({ uid, generation, ...rest }) => Object.values(rest))
    .map(String);
  t.ok(secrets.length > 10);
  for (const key of await client.keys('*')) {
    const type = await client.type(key);
    if (type === 'hash') t.notMatch(JSON.stringify(await client.hGetAll(key)), '192.0.2.1', 'no IP address');
    if (type !== 'string') continue;
    const value = (await client.get(key)) ?? '';
    const bytes = Buffer.from(value, 'base64').toString('latin1');
    for (const secret of secrets) t.notOk(value.includes(secret) || bytes.includes(secret), key);
  }
});

t.test('a token copied to another key does not open', async (t) => {
  const [id, stolen] = [randomHex(), randomHex()];
  await store.put('authToken', id, tokenRecords().authToken, 60);
  await client.copy(`fxa:authToken:{${id}}`, `fxa:authToken:{${stolen}}`);
  await t.rejects(store.get('authToken', stolen), { name: 'Error' });
});

t.test('servers share counters', async (t) => {
  const window = { name: 'test', seconds: 60 };
  const key = randomUUID();
  const [first, again] = (
    await counters.add([
      [window, key],
      [window, key],
    ])
  ).counts;
  t.equal(first?.count, 1);
  t.equal(again?.count, 2);
  t.ok(again && again.resetMs > 0 && again.resetMs <= 60_000);
  const others = other.openRateCounters(counterKey);
  const third = await others.add([[window, key]]);
  t.equal(third.counts[0]?.count, 3);
  await third.restore();
  t.equal((await counters.add([[window, key]])).counts[0]?.count, 3);
});

t.test('a command that arrives after its compensation consumes nothing', async (t) => {
  const [id, taking, guessing] = [randomHex(), randomUUID(), randomUUID()];
  await store.put('authToken', id, tokenRecords().authToken, 60);
  const sender = { send: (_key: string | undefined, command: string[]) => client.sendCommand(command) };

  t.equal(await store.restore('authToken', id, taking), false);
  const takeKeys = [keys.token('authToken', id), keys.taken('authToken', id), keys.tombstone(id, taking)];
  t.equal(await runScript(sender, TAKE, takeKeys, [taking]), null);
  t.ok(await store.get('authToken', id));

  await store.restoreGuess(id, guessing);
  const guessKeys = [keys.guesses(id), keys.tombstone(id, guessing)];
  await runScript(sender, COUNT, guessKeys, [guessing, '60000']);
  t.equal(await store.guesses(id), 0);
  for (const claim of [taking, guessing])
    t.ok((await client.pTTL(keys.tombstone(id, claim))) > 60_000, 'longer than any command is late');
});

t.test('a count that is restored after its window allows no extra event', async (t) => {
  const key: RateKey = [{ name: 'test', seconds: 60 }, randomUUID()];
  await client.flushDb();
  const first = await counters.add([key]);
  for (const counter of await client.keys('fxa:rate:test:*')) await client.del(counter);
  await counters.add([key]);
  await first.restore();
  t.equal((await counters.add([key])).counts[0]?.count, 2);
});

t.test('each step of a flow takes the expected number of round trips', async (t) => {
  const uid = randomUUID();
  const id = randomHex();
  const count = async (work: () => Promise<unknown>) => {
    trips = 0;
    await work();
    return trips;
  };
  t.equal(await count(() => store.put('authToken', id, tokenRecords(uid).authToken, 60)), 1);
  t.equal(await count(() => store.get('authToken', id)), 1);
  t.equal(await count(() => store.take('authToken', id)), 1);
  t.equal(await count(() => store.claimNonce({ uid, tokenID: id }, 'n', 1, 60)), 1);
  t.equal(await count(() => store.countGuess(id, 60)), 1);
  t.equal(await count(() => store.replaceForgotPasswordToken(uid, '192.0.2.1', id, 60)), 1);
  t.equal(await count(() => store.replaceForgotPasswordToken(uid, '192.0.2.1', randomHex(), 60)), 2);
  t.equal(await count(() => store.announce(uid)), 1);
  const limits = ['a', 'b', 'c'].map((name) => [{ name, seconds: 60 }, uid] as [RateWindow, string]);
  const counted = await counters.add(limits);
  t.equal(await count(() => counters.add(limits)), 1);
  t.equal(await count(() => counted.restore()), 1);
  t.equal(await count(() => store.forgetAccount(uid)), 2);
});
