import { randomBytes, randomUUID } from 'node:crypto';
import t from 'tap';
import { Sealer } from '../../../storage/sealer.js';
import { RedisTokenStore } from '../../../storage/tokens/redis-token-store.js';
import { describeTokenStore } from '../../storage/tokens/token-store-contract.js';
import { askRedis, type Redis } from '../../support/services/redis.js';
import { startRedisSentinel } from '../../support/services/redis-sentinel.js';
import { createClock } from '../../support/storage/clock.js';
import { UNAVAILABLE, untilAnswered, withinTwoSeconds } from '../../support/storage/outages.js';
import { randomHex, tokenRecords } from '../../support/storage/records.js';
import { waitUntil } from '../../support/wait-until.js';

const sentinel = await startRedisSentinel(t);
const sealer = new Sealer([randomBytes(32)]);
const clock = createClock({ real: true });
const store = await RedisTokenStore.open(sentinel.url, sealer, clock.now);
const other = await RedisTokenStore.open(sentinel.url, sealer, clock.now);
t.teardown(() => Promise.all([store.close(), other.close()]));

describeTokenStore(t, { store, other, ...clock });

async function putReplicated(): Promise<string> {
  const id = randomHex();
  await store.put('authToken', id, tokenRecords().authToken, 60);
  await askRedis(await sentinel.findMaster(), ['WAIT', '1', '5000']);
  return id;
}

/** On a slow machine the sentinels may have returned to the old master. */
async function isReplicated(): Promise<boolean> {
  const master = await sentinel.findMaster();
  const replica = sentinel.nodes.find((node) => node !== master) as Redis;
  const info = String(await askRedis(replica, ['INFO', 'replication']));
  return /role:slave[\s\S]*master_link_status:up/.test(info);
}

for (const [how, fail] of [
  ['dies', (node: { stop(signal: 'SIGKILL'): Promise<void> }) => node.stop('SIGKILL')],
  ['hangs', async (node: { freeze(): void }) => node.freeze()],
] as const) {
  t.test(`when the master ${how} the replica takes over with every token, once`, async (t) => {
    await untilAnswered(() => store.ping());
    const id = await putReplicated();
    const old = await sentinel.findMaster();
    const uid = randomUUID();
    await fail(old);
    await t.rejects(withinTwoSeconds(store.get('authToken', id)), UNAVAILABLE);

    await waitUntil(async () => (await sentinel.findMaster()) !== old);
    await untilAnswered(() => store.ping());
    await untilAnswered(() => other.ping());
    const takes = Array.from({ length: 50 }, (_, i) => (i % 2 ? store : other).take('authToken', id));
    t.equal((await Promise.all(takes)).filter(Boolean).length, 1);

    const heard = new Promise<void>(
      (resolve) => void other.listen(uid, resolve).then((end) => t.teardown(end)),
    );
    await store.announce(uid);
    await heard;

    old.thaw();
    await old.restart();
    // The sentinels would do this after ten seconds.
    await askRedis(old, ['REPLICAOF', '127.0.0.1', String((await sentinel.findMaster()).port)]);
    await waitUntil(isReplicated, 60_000);
  });
}

t.test('a stopped sentinel has no effect', async (t) => {
  await sentinel.sentinels[0]?.stop();
  t.teardown(() => sentinel.sentinels[0]?.start());
  const late = await RedisTokenStore.open(sentinel.url, sealer);
  t.teardown(() => late.close());
  await untilAnswered(() => late.ping());
});
