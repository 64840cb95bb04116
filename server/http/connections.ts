import type { RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toSource } from './client-source.js';
import { BACKLOG } from './listen.js';

/** Time for incomplete requests to arrive when the server stops, in ms. */
const ARRIVAL_GRACE_MS = 2_000;
/** Maximum number of open requests on one connection. No client of this API uses pipelining. */
const MAX_PIPELINED = 8;

interface ConnectionLimits {
  maxConnections: number;
  unreadMs: number;
  checkIntervalMs: number;
}

interface Connection {
  source: string;
  /** Open requests in order of arrival. The first one runs. */
  open: ServerResponse[];
  /** Bytes received by the time of the last reply; `undefined` before the first. */
  bytesAtReply?: number;
  /** When the reply of the first request was first seen complete and unread. */
  unreadSinceMs?: number | undefined;
  /** Answers malformed bytes behind the open requests. */
  refuse?: () => void;
}

/**
 * Limits connections, pipelining, and unread replies. Above the maximum, it closes a connection of the source with the
 * most: the one that has waited longest for its client, or the newest if none waits.
 */
export class Connections {
  readonly #server: Server;
  readonly #limits: ConnectionLimits;
  readonly #connections = new Map<Socket, Connection>();
  /** The connections of each source. The last to become idle are at the end. */
  readonly #bySource = new Map<string, Set<Socket>>();
  #ending = false;

  constructor(server: Server, limits: ConnectionLimits) {
    this.#server = server;
    this.#limits = limits;
    server.on('connection', (socket: Socket) => this.#add(socket));
    const timer = setInterval(() => this.#closeUnread(), limits.checkIntervalMs).unref();
    server.once('close', () => clearInterval(timer));
  }

  /**
   * Passes requests to a listener, those of one connection one after another. A request above the limit of its connection
   * closes the connection.
   */
  serve(listener: RequestListener): void {
    const startNext = async (socket: Socket, { open: [next] }: Connection) => {
      if (!next) return;
      // The end of a connection is read a turn after its data. A request of a client that has left does not start.
      await nextTurn();
      await nextTurn();
      // Node's parser loses the bytes behind an Upgrade header, so no later request of this connection can be read.
      if (next.req.headers.upgrade !== undefined) next.shouldKeepAlive = false;
      if (socket.writable) listener(next.req, next);
      else socket.destroy();
    };
    this.#server.on('request', ({ socket }, response: ServerResponse) => {
      const connection = this.#connections.get(socket);
      // Node's parser emits all requests of a chunk, even after the connection was closed.
      if (!connection || socket.destroyed) return;
      const { open } = connection;
      open.push(response);
      if (open.length > MAX_PIPELINED) socket.destroy();
      else if (open.length === 1) void startNext(socket, connection);
      response.once('close', () => {
        this.#finish(socket, connection);
        if (!connection.refuse || !isAwaitingRequest(connection)) void startNext(socket, connection);
        else if (socket.writable) connection.refuse();
      });
    });
  }

  /** Answers malformed bytes, after the replies to the complete requests before them. */
  refuse(socket: Socket, answer: () => void): void {
    const connection = this.#connections.get(socket);
    const isServing = connection !== undefined && !isAwaitingRequest(connection);
    if (isServing && !socket.readableEnded) connection.refuse = answer;
    else if (isServing || connection?.open[0]?.headersSent) socket.destroy();
    else answer();
  }

  /** Returns whether a connection closes after this reply: the server is stopping, and no other request is open. */
  endsWith({ req: { socket } }: ServerResponse): boolean {
    return this.#ending && this.#connections.get(socket)?.open.length === 1;
  }

  /**
   * Refuses new connections, finishes open requests, and waits two seconds for incomplete ones. Node alone would wait
   * without limit.
   */
  async end(): Promise<void> {
    this.#ending = true;
    // Accepts the backlog, one connection in each turn of the event loop: the kernel would reset them.
    for (let turn = 0; turn < BACKLOG; turn++) await nextTurn();
    // Not `http.Server.close`: since Node 26.4 it also closes connections whose first request is in transit.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this.#server, resolve));
    for (const [socket, { open, bytesAtReply }] of this.#connections) {
      if (open.length === 0 && socket.bytesRead === bytesAtReply) socket.destroySoon();
    }
    const timer = setInterval(() => {
      for (const [socket, connection] of this.#connections)
        if (isAwaitingRequest(connection)) socket.destroy();
    }, ARRIVAL_GRACE_MS);
    await closed;
    clearInterval(timer);
    this.#server.close();
  }

  #add(socket: Socket): void {
    const source = toSource(socket.remoteAddress ?? '');
    this.#connections.set(socket, { source, open: [] });
    this.#bySource.set(source, (this.#bySource.get(source) ?? new Set()).add(socket));
    socket.once('close', () => {
      this.#connections.delete(socket);
      const ofSource = this.#bySource.get(source);
      ofSource?.delete(socket);
      if (ofSource?.size === 0) this.#bySource.delete(source);
    });
    if (this.#connections.size > this.#limits.maxConnections) this.#evict().destroy();
  }

  #evict(): Socket {
    let most = new Set<Socket>();
    for (const ofSource of this.#bySource.values()) if (ofSource.size > most.size) most = ofSource;
    let evicted: Socket | undefined;
    for (const socket of most) {
      evicted = socket;
      const connection = this.#connections.get(socket) as Connection;
      // The client must act next: read a reply, or send the rest of its requests.
      if (connection.open[0]?.writableEnded || isAwaitingRequest(connection)) break;
    }
    return evicted as Socket;
  }

  #closeUnread(): void {
    const nowMs = performance.now();
    for (const [socket, connection] of this.#connections) {
      if (!connection.open[0]?.writableEnded) continue;
      connection.unreadSinceMs ??= nowMs;
      if (nowMs - connection.unreadSinceMs >= this.#limits.unreadMs) socket.destroy();
    }
  }

  /** Ends the first request of a connection, whose reply was written or whose client has left. */
  #finish(socket: Socket, connection: Connection): void {
    connection.open.shift();
    connection.bytesAtReply = socket.bytesRead;
    connection.unreadSinceMs = undefined;
    if (connection.open.length > 0) return;
    if (this.#ending) socket.destroySoon();
    const ofSource = this.#bySource.get(connection.source);
    if (ofSource?.delete(socket)) ofSource.add(socket);
  }
}

function isAwaitingRequest({ open }: Connection): boolean {
  return open.every(({ req }) => !req.complete);
}
