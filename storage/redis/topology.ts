import { createClient, createCluster, type RedisClientOptions } from 'redis';
import { withTimeout } from '../with-timeout.js';

/** How long connecting may take, handshake included, in ms. */
const CONNECT_TIMEOUT_MS = 1000;
/** The longest pause between two attempts to reach a cluster's node again, in ms. */
const MAX_PAUSE_MS = 500;
/** After how many ms of such attempts the cluster is asked who has the node's slots now. */
const REFRESH_TOPOLOGY_MS = 500;

/** The link bounds every command; the package's own bound costs an AbortSignal each. */
const NO_TIMEOUT = { timeout: 0 };

const URL_FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(.*))?$/;

/** A connection to Redis as the link uses it, whatever stands behind it. */
export interface RedisConnection {
  /**
   * Sends one command.
   * @param key what the command is about: in a cluster it decides the node
   */
  send(key: string | undefined, command: string[]): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** @param listener called once, when the connection is lost and will not come back by itself */
  onLost(listener: () => void): void;
  close(): void;
}

/** Connects once. Rejects within some seconds when nothing answers: each step has one. */
export type ConnectRedis = () => Promise<RedisConnection>;

/** How to reach one Redis: for commands, and for a connection that only listens. */
export interface RedisTopology {
  connect: ConnectRedis;
  connectSubscriber: ConnectRedis;
}

type RedisClusterNode = NonNullable<Parameters<typeof createCluster>[0]>['rootNodes'][number];
type NodeOptions = Pick<RedisClientOptions, 'url' | 'username' | 'password' | 'socket' | 'database'>;
type Host = { host: string; port: number };

/**
 * Reads a URL of one of these forms, each also with `rediss` for TLS:
 * - `redis://[user:password@]host[:port][/database]`
 * - `redis+sentinel://[user:password@]host[:port],…/master-name`, the hosts being sentinels, the
 *   credentials those of the data nodes
 * - `redis+cluster://[user:password@]host[:port],…`, the hosts being some of the cluster's nodes
 * @throws RangeError when it has none of them
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
    // Without a connection a command fails at once; what to do about it is the link's to decide.
    disableOfflineQueue: true,
    commandOptions: NO_TIMEOUT,
    socket: { ...options.socket, connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  } as RedisClientOptions);
  // Failures are told by the commands that meet them; unheard, the event would end the process.
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
 * The `redis` package's own Sentinel client sends a command again when the connection breaks under it.
 * A token that was taken would then look as if it had never been; so the master is asked for here, and
 * connected to like any other node (redis.io, "Guidelines for Redis clients with support for Sentinel").
 */
function createSentinelTopology(
  sentinels: Host[],
  name: string,
  options: (node?: Host) => NodeOptions,
): RedisTopology {
  // Whichever sentinel leads to a master first: one that is cut off may name a master of yesterday.
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
  throw new Error('the sentinel names a node that is no master');
}

function createClusterTopology(nodes: Host[], options: (node?: Host) => NodeOptions): RedisTopology {
  const connect = () => connectFirst(nodes.map((node) => connectCluster(node, options)));
  // What is published on one node of a cluster is heard on each; if one goes, the next one is listened to.
  let next = 0;
  const connectSubscriber = () => connectNode(options(nodes[next++ % nodes.length] as Host));
  return { connect, connectSubscriber };
}

/** @param node whom to ask for the other nodes */
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
        reconnectStrategy: (retries: number) => Math.min(50 * 2 ** retries, MAX_PAUSE_MS),
      },
    } as object,
    commandOptions: NO_TIMEOUT,
    // A node that is down must not keep the others from being used.
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
    // It reconnects to its nodes by itself.
    onLost: () => {},
    close: () => cluster.destroy(),
  };
}

/** The first connection that is made; the others are closed. */
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
