import { createClient, createCluster, type RedisClientOptions } from 'redis';
import { withTimeout } from '../../protocol/with-timeout.js';

const CONNECT_TIMEOUT_MS = 1000;
const MAX_RECONNECT_PAUSE_MS = 500;
/** After this time of failed attempts the client reads the cluster's slots again. */
const REFRESH_TOPOLOGY_MS = 500;

/** ReconnectingConnection limits every command; the package's limit would create an AbortSignal for each. */
const NO_TIMEOUT = { timeout: 0 };

const URL_FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(.*))?$/;

export interface RedisSender {
  /** @param key the key that decides a cluster's node; undefined: any node */
  send(key: string | undefined, command: string[]): Promise<unknown>;
}

export interface RedisConnection extends RedisSender {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** @param listener called once, when the connection is lost and does not reconnect */
  onLost(listener: () => void): void;
  close(): void;
}

/** Each step of connecting has a time limit of one second. */
export type ConnectRedis = () => Promise<RedisConnection>;

export interface RedisTopology {
  connect: ConnectRedis;
  connectSubscriber: ConnectRedis;
}

type RedisClusterNode = NonNullable<Parameters<typeof createCluster>[0]>['rootNodes'][number];
type NodeOptions = Pick<RedisClientOptions, 'url' | 'username' | 'password' | 'socket' | 'database'>;
type Host = { host: string; port: number };

/**
 * Parses a URL of one of these forms, each also with `rediss` for TLS:
 * - `redis://[user:password@]host[:port][/database]`
 * - `redis+sentinel://[user:password@]host[:port],…/master-name`: sentinels, credentials of the data nodes
 * - `redis+cluster://[user:password@]host[:port],…`: some of the cluster's nodes
 * @throws RangeError for any other form
 */
export function parseRedisUrl(url: string): RedisTopology {
  const [, scheme, kind, userinfo, hosts, path] = URL_FORM.exec(url) ?? [];
  if (!scheme || !hosts) {
    throw new RangeError('a Redis URL begins with redis://, redis+sentinel:// or redis+cluster://');
  }
  if (!kind) {
    const connect = () => connectNode({ url });
    return { connect, connectSubscriber: connect };
  }
  const [username, password] = (userinfo ?? '').split(':').map(decodeURIComponent);
  const options = (node?: Host): NodeOptions => ({
    ...(username && { username }),
    ...(password && { password }),
    socket: { ...node, ...(scheme === 'rediss' && { tls: true }) } as RedisClientOptions['socket'],
  });
  if (kind === 'cluster') return createClusterTopology(parseHosts(hosts, 6379), options);
  if (!path) throw new RangeError('a Redis Sentinel URL ends with the name of the master');
  return createSentinelTopology(parseHosts(hosts, 26379), decodeURIComponent(path), options);
}

function parseHosts(hosts: string, defaultPort: number): Host[] {
  return hosts.split(',').map((text) => {
    const { hostname, port } = new URL(`redis://${text}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port ? Number(port) : defaultPort };
  });
}

async function connectNode(options: NodeOptions): Promise<RedisConnection> {
  const client = createClient({
    ...options,
    // Without a connection a command fails at once. ReconnectingConnection handles the failure.
    disableOfflineQueue: true,
    commandOptions: NO_TIMEOUT,
    socket: { ...options.socket, connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  } as RedisClientOptions);
  // Commands report their failures themselves. Without a listener the event would end the process.
  client.on('error', () => {});
  try {
    await withTimeout(CONNECT_TIMEOUT_MS, client.connect());
  } catch (error) {
    client.destroy();
    throw error;
  }
  return {
    send: (_key, command) => client.sendCommand(command),
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    onLost: (listener) => void (client.isReady ? client.once('terminated', listener) : listener()),
    close: () => client.destroy(),
  };
}

/**
 * Connects to the master as to a single node: the package's Sentinel client resends commands.
 * @see redis.io, "Guidelines for Redis clients with support for Redis Sentinel"
 */
function createSentinelTopology(
  sentinels: Host[],
  name: string,
  options: (node?: Host) => NodeOptions,
): RedisTopology {
  // A partitioned sentinel may name an old master, so the first one whose node is a master is used.
  const connect = () => connectFirst(sentinels.map((node) => connectMaster(node, name, options)));
  return { connect, connectSubscriber: connect };
}

async function connectMaster(
  sentinel: Host,
  name: string,
  options: (node?: Host) => NodeOptions,
): Promise<RedisConnection> {
  const { socket } = options(sentinel);
  const asked = await connectNode({ socket } as NodeOptions);
  let address: unknown;
  try {
    address = await withTimeout(
      CONNECT_TIMEOUT_MS,
      asked.send(undefined, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name]),
    );
  } finally {
    asked.close();
  }
  if (!Array.isArray(address)) throw new Error('the sentinel does not know this master');
  const node = await connectNode(options({ host: String(address[0]), port: Number(address[1]) }));
  try {
    const [role] = (await withTimeout(CONNECT_TIMEOUT_MS, node.send(undefined, ['ROLE']))) as string[];
    if (role === 'master') return node;
  } catch (error) {
    node.close();
    throw error;
  }
  node.close();
  throw new Error('the node that the sentinel names is not a master');
}

function createClusterTopology(nodes: Host[], options: (node?: Host) => NodeOptions): RedisTopology {
  const connect = () => connectFirst(nodes.map((node) => connectCluster(node, options)));
  // Every node of a cluster receives each message. After a failure the next node is used.
  let next = 0;
  const connectSubscriber = () => connectNode(options(nodes[next++ % nodes.length] as Host));
  return { connect, connectSubscriber };
}

/** @param node the node that lists the other nodes */
async function connectCluster(node: Host, options: (node?: Host) => NodeOptions): Promise<RedisConnection> {
  const { socket, ...credentials } = options();
  const root = { ...options(node).socket, connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false };
  const cluster = createCluster({
    rootNodes: [{ ...options(node), socket: root } as RedisClusterNode],
    defaults: {
      ...credentials,
      disableOfflineQueue: true,
      socket: {
        ...socket,
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, MAX_RECONNECT_PAUSE_MS),
      },
    } as object,
    commandOptions: NO_TIMEOUT,
    // Otherwise connecting fails while one node is down.
    minimizeConnections: true,
    topologyRefreshOnReconnectionAttemptStrategy: REFRESH_TOPOLOGY_MS,
  });
  cluster.on('error', () => {});
  try {
    await withTimeout(CONNECT_TIMEOUT_MS, cluster.connect());
  } catch (error) {
    cluster.destroy();
    throw error;
  }
  return {
    send: (key, command) => cluster.sendCommand(key, false, command),
    subscribe: (channel, listener) => cluster.subscribe(channel, listener),
    // The package reconnects to a cluster's nodes.
    onLost: () => {},
    close: () => cluster.destroy(),
  };
}

/** Closes the others. */
async function connectFirst(attempts: Promise<RedisConnection>[]): Promise<RedisConnection> {
  const first = await Promise.any(attempts);
  for (const attempt of attempts) {
    attempt.then(
      (other) => other !== first && other.close(),
      () => {},
    );
  }
  return first;
}
