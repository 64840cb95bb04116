import { randomBytes, randomUUID } from 'node:crypto';
import t from 'tap';
import { Sealer } from '../../../storage/sealer.js';
import { RedisTokenStore } from '../../../storage/tokens/redis-token-store.js';
import { describeTokenStore } from '../../storage/tokens/token-store-contract.js';
import { askRedis, type Redis } from '../../support/services/redis.js';
import { startRedisCluster } from '../../support/services/redis-cluster.js';
import { createClock } from '../../support/storage/clock.js';
import { UNAVAILABLE, untilAnswered, withinTwoSeconds } from '../../support/storage/outages.js';
import { randomHex, tokenRecords } from '../../support/storage/records.js';
import { waitUntil } from '../../support/wait-until.js';

const sealer = new Sealer([randomBytes(32)]);
const counterKey = randomBytes(32);

const clock = createClock({ real: true });
const cluster = await startRedisCluster(t, { replicas: 2 });
const store = await RedisTokenStore.open(cluster.url, sealer, clock.now);
const other = await RedisTokenStore.open(cluster.url, sealer, clock.now);
t.teardown(() => Promise.all([store.close(), other.close()]));

describeTokenStore(t, { store, other, ...clock });

t.test('tokens are distributed over all nodes', async (t) => {
  for (const id of Array.from({ length: 60 }, randomHex)) {
    await store.put('authToken', id, tokenRecords().authToken, 60);
    t.ok(await other.take('authToken', id));
  }
  for (const node of cluster.masters) t.not(await askRedis(node, ['DBSIZE']), 0);
});

t.test('limits are counted on every node', async (t) => {
  const counters = store.openRateCounters(counterKey);
  const key = randomUUID();
  const windows = ['a', 'b', 'c', 'd'].map((name) => ({ name, seconds: 60 }));
  for (const count of [1, 2]) {
    const { counts } = await counters.add(windows.map((window) => [window, key]));
    t.same(
      counts.map((one) => one.count),
      windows.map(() => count),
    );
  }
});

for (const [nth, how, fail] of [
  [0, 'dies', (node: Redis) => node.stop('SIGKILL')],
  [1, 'hangs', async (node: Redis) => node.freeze()],
] as const) {
  t.test(`when a master ${how} its replica takes over`, async (t) => {
    const [master, replica] = [cluster.masters[nth], cluster.replicas[nth]] as [Redis, Redis];
    const ids = Array.from({ length: 30 }, randomHex);
    const putAll = () =>
      Promise.all(ids.map((id) => store.put('authToken', id, tokenRecords().authToken, 60)));
    await putAll();
    await fail(master);
    await t.rejects(withinTwoSeconds(putAll()), UNAVAILABLE);

    await waitUntil(async () => /role:master/.test(String(await askRedis(replica, ['INFO', 'replication']))));
    await untilAnswered(putAll);
    await untilAnswered(() => Promise.all(ids.map((id) => other.get('authToken', id))));
    const taken = await Promise.all(ids.map((id) => other.take('authToken', id)));
    t.equal(taken.filter(Boolean).length, ids.length);

    const uid = randomUUID();
    const heard = new Promise<void>(
      (resolve) => void other.listen(uid, resolve).then((end) => t.teardown(end)),
    );
    await untilAnswered(() => store.announce(uid));
    await heard;
  });
}
