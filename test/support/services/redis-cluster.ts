import { waitUntil } from '../wait-until.js';
import { findFreePort } from './free-port.js';
import { askRedis, type Redis, startRedis } from './redis.js';
import type { Teardown } from './service-process.js';

const SLOTS = 16_384;
const MASTERS = 3;
/** A node that is silent for this long counts as failed. */
const NODE_TIMEOUT_MS = 1000;

export interface RedisCluster {
  /** `redis+cluster://…` with the masters. */
  readonly url: string;
  readonly masters: Redis[];
  /** Of the first masters. */
  readonly replicas: Redis[];
}

/** @param options.replicas number of masters with a replica */
export async function startRedisCluster(
  t: Teardown,
  { replicas: replicaCount = 0 }: { replicas?: number } = {},
): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: MASTERS + replicaCount }, () => startNode(t)));
  const onNode = (index: number, command: string[]) => askRedis(nodes[index] as Redis, command);

  for (let i = 0; i < MASTERS; i++) {
    const slots = [Math.floor((i * SLOTS) / MASTERS), Math.floor(((i + 1) * SLOTS) / MASTERS) - 1];
    await onNode(i, ['CLUSTER', 'ADDSLOTSRANGE', ...slots.map(String)]);
  }
  for (const { port, busPort } of nodes.slice(1)) {
    await onNode(0, ['CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort)]);
  }
  const everyNode = async (pattern: RegExp) => {
    const states = await Promise.all(nodes.map((_, i) => onNode(i, ['CLUSTER', 'INFO'])));
    return states.every((state) => pattern.test(String(state)));
  };
  await waitUntil(() => everyNode(new RegExp(`cluster_known_nodes:${nodes.length}\\b`)));
  for (let i = 0; i < replicaCount; i++) {
    const masterId = String(await onNode(i, ['CLUSTER', 'MYID']));
    await onNode(MASTERS + i, ['CLUSTER', 'REPLICATE', masterId]);
  }
  await waitUntil(() => everyNode(/cluster_state:ok/));
  if (replicaCount > 0) {
    // Redis does not promote a replica that has never synchronized.
    await waitUntil(async () =>
      (
        await Promise.all(
          Array.from({ length: replicaCount }, (_, i) => onNode(MASTERS + i, ['INFO', 'replication'])),
        )
      ).every((info) => /master_link_status:up/.test(String(info))),
    );
  }
  const masters = nodes.slice(0, MASTERS);
  const hosts = masters.map(({ port }) => `127.0.0.1:${port}`).join(',');
  return { url: `redis+cluster://${hosts}`, masters, replicas: nodes.slice(MASTERS) };
}

async function startNode(t: Teardown): Promise<Redis & { busPort: number }> {
  const busPort = await findFreePort();
  const node = await startRedis(t, {
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
      ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS)],
    ],
  });
  return Object.assign(node, { busPort });
}
