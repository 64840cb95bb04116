import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../wait-until.js';
import { findFreePort } from './free-port.js';
import { askRedis, type Redis, startRedis } from './redis.js';
import { findProgram, ServiceProcess, type Teardown } from './service-process.js';

const SENTINELS = 3;
const QUORUM = 2;
const NAME = 'keyserver';
/** A master that is silent for this long counts as failed. */
const DOWN_AFTER_MS = 500;

export interface RedisSentinel {
  readonly url: string;
  readonly nodes: [Redis, Redis];
  readonly sentinels: Redis[];
  findMaster(): Promise<Redis>;
}

/** A master, a replica and three sentinels, which need some seconds to discover each other. */
export async function startRedisSentinel(t: Teardown): Promise<RedisSentinel> {
  const master = await startRedis(t);
  const replica = await startRedis(t, { args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  const nodes: [Redis, Redis] = [master, replica];
  const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => startSentinel(t, master.port)));
  for (const sentinel of sentinels) {
    await waitUntil(async () => {
      const state = (await askRedis(sentinel, ['SENTINEL', 'MASTER', NAME])) as Record<string, string>;
      return Number(state['num-slaves']) === 1 && Number(state['num-other-sentinels']) === SENTINELS - 1;
    });
  }
  const findMaster = async () => {
    const question = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME];
    const [, port] = (await askRedis(sentinels.at(-1) as Redis, question)) as string[];
    return nodes.find((node) => node.port === Number(port)) as Redis;
  };
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  return { url: `redis+sentinel://${hosts}/${NAME}`, nodes, sentinels, findMaster };
}

async function startSentinel(t: Teardown, masterPort: number): Promise<Redis> {
  const program = findProgram('redis-server', 'redis-server');
  const directory = await mkdtemp(join(tmpdir(), 'sentinel-'));
  const port = await findFreePort();
  const configuration = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${directory}`,
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${NAME} 1000`,
  ];
  const file = join(directory, 'sentinel.conf');
  await writeFile(file, `${configuration.join('\n')}\n`);
  const sentinel = new ServiceProcess({
    command: [program, file, '--sentinel'],
    ready: /\+monitor master/,
    stopSignal: 'SIGTERM',
  });
  t.teardown(async () => {
    await sentinel.stop('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  await sentinel.start();
  return Object.assign(sentinel, { port, url: `redis://127.0.0.1:${port}` });
}
