import type { RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toSource } from './client-source.js';
import { BACKLOG } from './listen.js';

/** Time for incomplete requests to arrive when the server stops, in ms. */
const ARRIVAL_GRACE_MS = 2_000;
/** Maximum number of open requests on one connection. No client of this API uses pipelining. */
const MAX_PIPELINED = 8;

interface Connection {
  socket: Socket;
  /** All connections of its source. The last to become idle are at the end. */
  ofSource: Set<Connection>;
  /** Open requests in order of arrival. The first one runs. */
  open: ServerResponse[];
  /** Bytes received by the time of the last reply; `undefined` before the first. */
  bytesAtReply?: number;
  /** Answers malformed bytes behind the open requests. */
  refuse?: () => void;
}

/**
 * Limits connections, pipelining, and unread replies. Above the maximum, it closes a connection of the source with the
 * most: the one that has waited longest for its client, or the newest if none waits.
 */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #bySource = new Map<string, Set<Connection>>();
  #ending = false;

  constructor(
    private readonly server: Server,
    private readonly limits: { maxConnections: number; unreadMs: number },
  ) {
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /**
   * Passes requests to a listener, those of one connection one after another. A request above the limit of its connection
   * closes the connection.
   */
  serve(listener: RequestListener): void {
    this.server.on('request', ({ socket }, response: ServerResponse) => {
      const connection = this.#connections.get(socket);
      // Node's parser emits all requests of a chunk, even after the connection was closed.
      if (!connection || socket.destroyed) return;
      const { open } = connection;
      open.push(response);
      if (open.length > MAX_PIPELINED) socket.destroy();
      else if (open.length === 1) void this.#advance(connection, listener);
      // A complete reply closes when the kernel has it, which can wait for the client.
      response.once('prefinish', () => {
        if (socket.destroyed || socket.writableLength === 0) return;
        const timer = setTimeout(() => socket.destroy(), this.limits.unreadMs);
        response.once('close', () => clearTimeout(timer));
      });
      response.once('close', () => {
        open.shift();
        connection.bytesAtReply = socket.bytesRead;
        void this.#advance(connection, listener);
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
    const closed = new Promise((resolve) => NetServer.prototype.close.call(this.server, resolve));
    for (const { socket, open, bytesAtReply } of this.#connections.values()) {
      if (open.length === 0 && socket.bytesRead === bytesAtReply) socket.destroySoon();
    }
    const timer = setInterval(() => {
      for (const connection of this.#connections.values())
        if (isAwaitingRequest(connection)) connection.socket.destroy();
    }, ARRIVAL_GRACE_MS);
    await closed;
    clearInterval(timer);
    this.server.close();
  }

  #add(socket: Socket): void {
    const source = toSource(socket.remoteAddress ?? '');
    const ofSource = this.#bySource.get(source) ?? new Set();
    const connection = { socket, ofSource, open: [] };
    this.#connections.set(socket, connection);
    this.#bySource.set(source, ofSource.add(connection));
    socket.once('close', () => {
      this.#connections.delete(socket);
      ofSource.delete(connection);
      if (ofSource.size === 0) this.#bySource.delete(source);
    });
    if (this.#connections.size > this.limits.maxConnections) this.#evict();
  }

  #evict(): void {
    let largest = new Set<Connection>();
    for (const ofSource of this.#bySource.values()) if (ofSource.size > largest.size) largest = ofSource;
    const candidates = [...largest];
    // The client must act next: read a reply, or send the rest of its requests.
    const isIdle = (of: Connection) => of.open[0]?.writableEnded || isAwaitingRequest(of);
    (candidates.find(isIdle) ?? candidates.at(-1))?.socket.destroy();
  }

  /** Answers malformed bytes, becomes idle, or starts the next request. */
  async #advance(connection: Connection, listener: RequestListener): Promise<void> {
    const { socket, ofSource, open, refuse } = connection;
    const [next] = open;
    if (refuse && isAwaitingRequest(connection)) {
      if (socket.writable) refuse();
    } else if (next) {
      // The end of a connection is read a turn after its data. A request of a client that has left does not start.
      await nextTurn();
      await nextTurn();
      // Node's parser loses the bytes behind an Upgrade header, so no later request of this connection can be read.
      if (next.req.headers.upgrade !== undefined) next.shouldKeepAlive = false;
      if (socket.writable) listener(next.req, next);
      else socket.destroy();
    } else {
      if (this.#ending) socket.destroySoon();
      if (ofSource.delete(connection)) ofSource.add(connection);
    }
  }
}

function isAwaitingRequest({ open }: Connection): boolean {
  return open.every(({ req }) => !req.complete);
}
