import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** So many connections within so many ms are a crowd: more than a busy server is opened in its ordinary work. */
const CROWD = { connections: 16, withinMs: 10 };
/** For how long nothing is done for a crowd while it keeps coming, in ms. */
const HOLD_MS = 100;
/** How many are let in at a turn of the event loop, of those that are held. */
const LET_IN = { whileOthersArrive: 2, otherwise: 4 };

/**
 * Takes the connections of a crowd first, and reads their requests afterwards.
 *
 * Node takes one connection at a turn of the event loop, in the order in which they came, and reads its request at the
 * next: a health check behind a thousand connections would wait for a thousand requests to be read. To take a connection
 * costs less than half of that. The newest is let in first, as it may be somebody else's, and at the same turn the
 * oldest, so that nobody waits for ever.
 */
export class Entrance<Arrival> {
  readonly #letIn: (arrival: Arrival) => void;
  readonly #now: () => number;
  /** In the order in which they came. */
  readonly #held: Arrival[] = [];
  #countedSinceMs = Number.NEGATIVE_INFINITY;
  #counted = 0;
  #someoneArrived = false;
  #heldSinceMs = 0;
  #isHolding = false;

  /**
   * @param letIn called for each arrival, once
   * @param now a clock in ms that never goes back
   */
  constructor(letIn: (arrival: Arrival) => void, now = () => performance.now()) {
    this.#letIn = letIn;
    this.#now = now;
  }

  /** Lets one in: at once, unless it belongs to a crowd or comes behind one. */
  arrive(arrival: Arrival): void {
    this.#someoneArrived = true;
    const isOfCrowd = this.#isOfCrowd();
    if (this.#held.length === 0) {
      if (!isOfCrowd) {
        this.#letIn(arrival);
        return;
      }
      this.#isHolding = true;
      this.#heldSinceMs = this.#now();
      setImmediate(this.#turn);
    }
    this.#held.push(arrival);
  }

  #isOfCrowd(): boolean {
    const nowMs = this.#now();
    if (nowMs - this.#countedSinceMs > CROWD.withinMs) {
      this.#countedSinceMs = nowMs;
      this.#counted = 0;
    }
    this.#counted++;
    return this.#counted > CROWD.connections;
  }

  /** Once it has begun to let in, it goes on until none is left: a crowd without end is not held again and again. */
  readonly #turn = () => {
    const othersArrive = this.#someoneArrived;
    this.#someoneArrived = false;
    this.#isHolding &&= othersArrive && this.#now() - this.#heldSinceMs < HOLD_MS;
    const next = this.#isHolding
      ? []
      : this.#takeNext(othersArrive ? LET_IN.whileOthersArrive : LET_IN.otherwise);
    if (this.#held.length > 0) setImmediate(this.#turn);
    for (const arrival of next) this.#letIn(arrival);
  };

  #takeNext(count: number): Arrival[] {
    const newest = this.#held.splice(-1);
    return [...newest, ...this.#held.splice(0, count - 1)];
  }
}

/** Lets a server's connections in by an {@link Entrance}; what else listens for connections hears of them at once. */
export function openEntrance(server: Server): void {
  // Node's own listener: it gives the connection a parser, which reads.
  const [attend] = server.listeners('connection') as [(socket: Socket) => void];
  server.off('connection', attend);
  Object.assign(server, { pauseOnConnect: true });
  const entrance = new Entrance<Socket>((socket) => {
    if (socket.destroyed) return;
    attend.call(server, socket);
    socket.resume();
  });
  server.on('connection', (socket) => entrance.arrive(socket));
}
