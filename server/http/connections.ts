import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a request that is on its way has to arrive when the server ends, in ms. */
const ARRIVAL_GRACE_MS = 2_000;

/**
 * A server's connections: which wait for their clients, and which for the server.
 *
 * A connection waits for its client while none of its requests is complete. When there are too many connections, the one that
 * waits longest is closed: a flood, of slow senders too, drives itself out, and a new one, a health check's
 * too, gets in. When none waits, the new one is closed.
 */
export class Connections {
  readonly #server: Server;
  /** What each open connection has under way, and when it came; several at once when its client does not wait for replies. */
  readonly #underWay = new Map<Socket, Map<ServerResponse, number>>();
  /** In the order in which they began to wait. Those that do not any more go when they are come across. */
  readonly #waiting = new Set<Socket>();
  #ending = false;
  #graceIsOver = false;

  constructor(server: Server, maxConnections: number) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#underWay.set(socket, new Map());
      socket.once('close', () => this.#forget(socket));
      if (this.#underWay.size > maxConnections) (this.#findLongestWaiting() ?? socket).destroy();
      if (!socket.destroyed) this.#wait(socket);
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.#underWay.get(socket)?.set(response, performance.now());
      this.#wait(socket);
      response.once('close', () => this.#finish(socket, response));
    });
  }

  /** When a request came, by `performance.now()`; `undefined` when it is over, or its client left. */
  arrivedMs(response: ServerResponse): number | undefined {
    return this.#underWay.get(response.req.socket)?.get(response);
  }

  /** Whether a reply has begun on a connection, so that nothing else may be written to it. */
  isReplying(socket: Socket): boolean {
    return [...(this.#underWay.get(socket)?.keys() ?? [])].some(({ headersSent }) => headersSent);
  }

  /** Whether a connection is to end with this reply: the server is ending, and no other is due on it. */
  endsWith({ req: { socket } }: ServerResponse): boolean {
    return this.#ending && (this.#underWay.get(socket)?.size ?? 0) <= 1;
  }

  /**
   * Ends the server: no new connections; what was asked is answered; who has not asked in two seconds is cut
   * off. Node alone would wait without end for connections that ask nothing, or do not get their request out.
   */
  async end(): Promise<void> {
    this.#ending = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const timer = setTimeout(() => {
      this.#graceIsOver = true;
      for (const socket of this.#waiting) if (this.#isWaiting(socket)) socket.destroy();
    }, ARRIVAL_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  #findLongestWaiting(): Socket | undefined {
    for (const socket of this.#waiting) {
      if (this.#isWaiting(socket)) return socket;
      this.#waiting.delete(socket);
    }
    return undefined;
  }

  #isWaiting(socket: Socket): boolean {
    return [...(this.#underWay.get(socket)?.keys() ?? [])].every(({ req }) => !req.complete);
  }

  /** Puts a connection at the end of the line. */
  #wait(socket: Socket): void {
    this.#waiting.delete(socket);
    this.#waiting.add(socket);
  }

  #forget(socket: Socket): void {
    const underWay = this.#underWay.get(socket)?.keys() ?? [];
    this.#underWay.delete(socket);
    this.#waiting.delete(socket);
    // Node tells the reply that is next in line, and none of those behind it.
    for (const response of underWay)
      if (!response.socket && !response.writableFinished) response.emit('close');
  }

  #finish(socket: Socket, response: ServerResponse): void {
    const underWay = this.#underWay.get(socket);
    if (!underWay) return;
    underWay.delete(response);
    if (this.#ending && underWay.size === 0) socket.destroySoon();
    else if (this.#graceIsOver && this.#isWaiting(socket)) socket.destroy();
    else this.#wait(socket);
  }
}
