import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toSource } from './client-source.js';

/** Time for incomplete requests to arrive when the server stops, in ms. */
const ARRIVAL_GRACE_MS = 2_000;
/** Bounds the wait for the backlog when connections keep coming: the backlog holds at most 4096 (see listen.ts). */
const MAX_BACKLOG_TURNS = 4_096;
/** Maximum number of open requests on one connection. No client of this API uses pipelining. */
const MAX_PIPELINED = 8;

interface ConnectionLimits {
  maxConnections: number;
  unreadMs: number;
  checkIntervalMs: number;
}

interface Connection {
  source: string;
  /** Time of arrival by `performance.now()`, in order of arrival. */
  underWay: Map<ServerResponse, number>;
  /** Bytes received by the time of the last reply; `undefined` before the first. */
  bytesAtReply?: number;
  /** Number of requests in this turn of the event loop, including answered ones. */
  ofThisTurn: number;
  /** The complete reply that the client must read next, and when it was first seen complete. */
  unread?: { response: ServerResponse; sinceMs: number };
}

/**
 * Limits connections, pipelining, and unread replies. Above the maximum, it closes a connection of the source with
 * the
 * most: the one that has waited longest for its client, or the newest if none waits.
 */
export class Connections {
  readonly #server: Server;
  readonly #limits: ConnectionLimits;
  readonly #open = new Map<Socket, Connection>();
  /** The connections of each source. The last to become idle are at the end. */
  readonly #bySource = new Map<string, Set<Socket>>();
  #accepted = 0;
  #ending = false;
  #graceIsOver = false;

  constructor(server: Server, limits: ConnectionLimits) {
    this.#server = server;
    this.#limits = limits;
    server.on('connection', (socket: Socket) => this.#add(socket));
    const timer = setInterval(() => this.#closeUnread(), limits.checkIntervalMs).unref();
    server.once('close', () => clearInterval(timer));
  }

  /** Passes requests to a listener. A request above the limit of its connection is dropped and closes the connection. */
  serve(listener: RequestListener): void {
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      const connection = this.#open.get(socket);
      // Node's parser emits all requests of a chunk, even after the connection was closed.
      if (!connection || socket.destroyed) return;
      const { underWay } = connection;
      // Promises run between two requests of a chunk, so requests answered in the same turn count too.
      if (connection.ofThisTurn === 0)
        setImmediate(() => {
          connection.ofThisTurn = 0;
        });
      connection.ofThisTurn++;
      if (Math.max(underWay.size + 1, connection.ofThisTurn) > MAX_PIPELINED) {
        socket.destroy();
        return;
      }
      underWay.set(response, performance.now());
      response.once('close', () => this.#finish(socket, response));
      listener(request, response);
    });
  }

  /** Returns the arrival of a request by `performance.now()`; `undefined` when it has ended. */
  arrivedMs(response: ServerResponse): number | undefined {
    return this.#open.get(response.req.socket)?.underWay.get(response);
  }

  isReplying(socket: Socket): boolean {
    return [...(this.#open.get(socket)?.underWay.keys() ?? [])].some(({ headersSent }) => headersSent);
  }

  /** Returns whether a connection closes after this reply: the server is stopping, and no other request is open. */
  endsWith({ req: { socket } }: ServerResponse): boolean {
    return this.#ending && (this.#open.get(socket)?.underWay.size ?? 0) <= 1;
  }

  /**
   * Refuses new connections, finishes open requests, and waits two seconds for incomplete ones. Node alone would wait
   * without limit.
   */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#acceptBacklog();
    // Not `http.Server.close`: since Node 26.4 it also closes connections whose first request is in transit.
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this.#server, resolve));
    for (const [socket, { underWay, bytesAtReply }] of this.#open) {
      if (underWay.size === 0 && socket.bytesRead === bytesAtReply) socket.destroySoon();
    }
    const timer = setTimeout(() => {
      this.#graceIsOver = true;
      for (const [socket, connection] of this.#open) if (isAwaitingRequest(connection)) socket.destroy();
    }, ARRIVAL_GRACE_MS);
    await closed;
    clearTimeout(timer);
    this.#server.close();
  }

  /** Accepts connections of the backlog, which the kernel would reset. libuv accepts one per turn of the event loop. */
  async #acceptBacklog(): Promise<void> {
    let accepted = -1;
    for (let turn = 0; turn < MAX_BACKLOG_TURNS && accepted !== this.#accepted; turn++) {
      accepted = this.#accepted;
      await nextTurn();
      await nextTurn();
    }
  }

  #add(socket: Socket): void {
    this.#accepted++;
    const source = toSource(socket.remoteAddress ?? '');
    this.#open.set(socket, { source, underWay: new Map(), ofThisTurn: 0 });
    const ofSource = this.#bySource.get(source);
    if (ofSource) ofSource.add(socket);
    else this.#bySource.set(source, new Set([socket]));
    socket.once('close', () => this.#remove(socket));
    if (this.#open.size > this.#limits.maxConnections) this.#evict().destroy();
  }

  #evict(): Socket {
    let most = new Set<Socket>();
    for (const ofSource of this.#bySource.values()) if (ofSource.size > most.size) most = ofSource;
    let newest: Socket | undefined;
    for (const socket of most) {
      if (this.#isAwaitingClient(socket)) return socket;
      newest = socket;
    }
    return newest as Socket;
  }

  /** Returns whether the client must act next: send the rest of its requests, or read a reply. */
  #isAwaitingClient(socket: Socket): boolean {
    const connection = this.#open.get(socket) as Connection;
    const [next] = connection.underWay.keys();
    return next?.writableEnded === true || isAwaitingRequest(connection);
  }

  #closeUnread(): void {
    const nowMs = performance.now();
    for (const [socket, connection] of this.#open) {
      const [response] = connection.underWay.keys();
      if (!response?.writableEnded) delete connection.unread;
      else if (connection.unread?.response !== response) connection.unread = { response, sinceMs: nowMs };
      else if (nowMs - connection.unread.sinceMs >= this.#limits.unreadMs) socket.destroy();
    }
  }

  #finish(socket: Socket, response: ServerResponse): void {
    const connection = this.#open.get(socket);
    if (!connection) return;
    connection.underWay.delete(response);
    connection.bytesAtReply = socket.bytesRead;
    const isIdle = connection.underWay.size === 0;
    if (this.#ending && isIdle) socket.destroySoon();
    else if (this.#graceIsOver && isAwaitingRequest(connection)) socket.destroy();
    else if (isIdle) {
      const ofSource = this.#bySource.get(connection.source);
      ofSource?.delete(socket);
      ofSource?.add(socket);
    }
  }

  #remove(socket: Socket): void {
    const { source, underWay } = this.#open.get(socket) as Connection;
    this.#open.delete(socket);
    const ofSource = this.#bySource.get(source);
    ofSource?.delete(socket);
    if (ofSource?.size === 0) this.#bySource.delete(source);
    // Node emits 'close' only for the next reply, not for those queued after it.
    for (const response of underWay.keys())
      if (!response.socket && !response.writableFinished) response.emit('close');
  }
}

function isAwaitingRequest({ underWay }: Connection): boolean {
  return [...underWay.keys()].every(({ req }) => !req.complete);
}
