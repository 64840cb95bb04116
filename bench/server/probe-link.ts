import type { ChildProcess } from 'node:child_process';

export type ProbeCommand = 'resetDelay' | 'readDelay' | 'killBusiestWorker';

/** Delay of the server's event loop. */
export interface EventLoopDelay {
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** Controls the probe in a server (probe.ts). */
export class ProbeLink {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (reply: unknown) => void>();
  #lastId = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, reply }: { id: number; reply: unknown }) => {
      this.#waiting.get(id)?.(reply);
      this.#waiting.delete(id);
    });
  }

  /** Starts a new measurement of the event loop's delay. */
  async resetDelay(): Promise<void> {
    await this.#ask('resetDelay');
  }

  async readDelay(): Promise<EventLoopDelay> {
    return (await this.#ask('readDelay')) as EventLoopDelay;
  }

  /** Terminates the server's busiest thread: under load a stretch thread. */
  async killBusiestWorker(): Promise<void> {
    await this.#ask('killBusiestWorker');
  }

  #ask(command: ProbeCommand): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, command });
    });
  }
}
