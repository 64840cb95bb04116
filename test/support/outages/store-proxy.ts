import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Teardown } from '../services/service-process.js';
import type { Framer } from './framing.js';

/** Where to cut: before the store receives the command, or after it has executed it and before its reply. */
export type CutKind = 'unsent' | 'unanswered';

/** Cuts all connections at a chosen command. */
export class StoreProxy {
  port = 0;
  readonly #storePort: number;
  readonly #createFramer: () => Framer;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #cut: { commandsLeft: number; kind: CutKind } | undefined;
  #isCut = false;
  #severing: Promise<void> | undefined;

  constructor(storePort: number, createFramer: () => Framer) {
    this.#storePort = storePort;
    this.#createFramer = createFramer;
  }

  async start(t: Teardown): Promise<this> {
    await this.#listen();
    t.teardown(() => this.#sever());
    return this;
  }

  /** Also true while the cut is imminent: a reply may precede the store's reply to the last command. */
  get isCut(): boolean {
    return this.#isCut || this.#severing !== undefined;
  }

  cutAfter(count: number, kind: CutKind): void {
    this.#cut = { commandsLeft: count, kind };
  }

  async mend(): Promise<void> {
    this.#cut = undefined;
    await this.#severing;
    this.#severing = undefined;
    if (!this.#isCut) return;
    this.#isCut = false;
    await this.#listen();
  }

  async #listen(): Promise<void> {
    const server = createServer((client) => this.#relay(client));
    this.#server = server;
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  #relay(client: Socket): void {
    const store = connect(this.#storePort, '127.0.0.1');
    const ends = [client, store];
    for (const socket of ends) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        for (const end of ends) end.destroy();
      });
    }
    let answerIsLost = false;
    let severed = () => {};
    const framer = this.#createFramer();
    client.on('data', (chunk: Buffer) => {
      for (const { bytes, isCommand } of framer(chunk)) {
        if (this.#isCut || answerIsLost) return;
        if (isCommand && this.#cut && this.#cut.commandsLeft-- === 0) {
          if (this.#cut.kind === 'unsent') return this.#sever();
          answerIsLost = true;
          this.#severing = new Promise((resolve) => {
            severed = resolve;
          });
        }
        store.write(bytes);
      }
    });
    store.on('data', (chunk: Buffer) => {
      if (answerIsLost) {
        this.#sever();
        severed();
      } else client.write(chunk);
    });
  }

  #sever(): void {
    this.#isCut = true;
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
