import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { toSource } from './client-source.js';

/** How long a request may still take to arrive when the server ends, in ms. */
const ARRIVAL_GRACE_MS = 2_000;
/** Requests under way on one connection. More means pipelining, which no client of this API does. */
const MAX_PIPELINED = 8;

interface ConnectionLimits {
  maxConnections: number;
  /** How long a reply may remain unread, in ms. */
  unreadMs: number;
  /** How often that is checked. */
  checkIntervalMs: number;
}

interface Connection {
  source: string;
  /** The requests under way, in their order, and when each arrived by `performance.now()`. */
  underWay: Map<ServerResponse, number>;
  /** How much the client had sent by its last reply; undefined before the first. */
  bytesAtReply?: number;
  /** Requests of this turn of the event loop, those that are already answered included. */
  ofThisTurn: number;
  /** The reply that the client is due to read, and when it was first seen complete. */
  unread?: { response: ServerResponse; sinceMs: number };
}

/**
 * Bounds what clients can hold: connections in all, requests under way on one connection, and unread replies.
 *
 * At the cap, a connection of the source with most connections is closed: one that waits for its client, longest first;
 * if none does, the newest.
 */
export class Connections {
  readonly #server: Server;
  readonly #limits: ConnectionLimits;
  readonly #open = new Map<Socket, Connection>();
  /** The connections of each source; those that turned idle last are at the end. */
  readonly #bySource = new Map<string, Set<Socket>>();
  #ending = false;
  #graceIsOver = false;

  constructor(server: Server, limits: ConnectionLimits) {
    this.#server = server;
    this.#limits = limits;
    server.on('connection', (socket: Socket) => this.#add(socket));
    const timer = setInterval(() => this.#closeUnread(), limits.checkIntervalMs).unref();
    server.once('close', () => clearInterval(timer));
  }

  /** Hands requests to a listener. Requests beyond the limit of their connection close it and are dropped. */
  serve(listener: RequestListener): void {
    this.#server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      const connection = this.#open.get(socket);
      // Node's parser emits all requests of a chunk, also when the connection was closed meanwhile.
      if (!connection || socket.destroyed) return;
      const { underWay } = connection;
      // Between two requests of a chunk promises run, so that some may be answered in the same turn: they count as well.
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

  /** When a request arrived, by `performance.now()`; `undefined` when it is over, or its client left. */
  arrivedMs(response: ServerResponse): number | undefined {
    return this.#open.get(response.req.socket)?.underWay.get(response);
  }

  /** Whether a reply has begun on a connection, so that nothing else may be written to it. */
  isReplying(socket: Socket): boolean {
    return [...(this.#open.get(socket)?.underWay.keys() ?? [])].some(({ headersSent }) => headersSent);
  }

  /** Whether a connection is to end with this reply: the server is ending, and no other is due on it. */
  endsWith({ req: { socket } }: ServerResponse): boolean {
    return this.#ending && (this.#open.get(socket)?.underWay.size ?? 0) <= 1;
  }

  /**
   * Ends the server: takes no new connections, answers the requests that have arrived, and gives others two seconds to
   * arrive. Node alone would wait without end for idle connections and incomplete requests.
   */
  async end(): Promise<void> {
    this.#ending = true;
    // Not `http.Server.close`: from Node 26.4 on it also closes connections whose first request is on its way.
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
    // Ends Node's timer of this server.
    this.#server.close();
  }

  #add(socket: Socket): void {
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

  /** Whether the client is to act next: to send the rest of its requests, or to read a reply. */
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
    // Node emits 'close' for the reply that is next, and for none of those behind it.
    for (const response of underWay.keys())
      if (!response.socket && !response.writableFinished) response.emit('close');
  }
}

/** Whether none of a connection's requests is complete. */
function isAwaitingRequest({ underWay }: Connection): boolean {
  return [...underWay.keys()].every(({ req }) => !req.complete);
}
