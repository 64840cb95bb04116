import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type RawReply, takeReply } from './http-replies.js';

export class RawConnection {
  readonly #socket: Socket;
  #received = '';
  #isClosed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay();
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#received += text;
    });
    // A reset also closes the connection.
    socket.on('error', () => {});
    for (const end of ['end', 'close']) {
      socket.once(end, () => {
        this.#isClosed = true;
      });
    }
  }

  /** The server may close the connection at once. */
  static async open(url: string, from?: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({
      host: hostname,
      port: Number(port),
      allowHalfOpen: true,
      ...(from && { localAddress: from }),
    });
    const connection = new RawConnection(socket);
    await once(socket, 'connect');
    return connection;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get received(): string {
    return this.#received;
  }

  write(text: string | Buffer): void {
    this.#socket.write(text);
  }

  endWriting(): void {
    this.#socket.end();
  }

  /** Leaves received bytes in the kernel's buffer. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Reads a few bytes at a time, so that the connection is never idle for long. */
  readSlowly(): void {
    this.#socket.pause();
    const timer = setInterval(() => {
      this.#socket.resume();
      setImmediate(() => this.#socket.pause());
    }, 20);
    this.#socket.once('close', () => clearInterval(timer));
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  async closed(): Promise<void> {
    if (!this.#isClosed) {
      await Promise.race(['end', 'close'].map((event) => once(this.#socket, event).catch(() => {})));
    }
    this.#socket.destroy();
  }

  async readReply(): Promise<RawReply | undefined> {
    for (;;) {
      const reply = this.#takeReply();
      if (reply) return reply;
      if (this.#isClosed) return undefined;
      const arrived = new AbortController();
      const events = ['data', 'end', 'close'].map((event) => once(this.#socket, event, arrived));
      await Promise.race(events.map((event) => event.catch(() => {})));
      arrived.abort();
    }
  }

  #takeReply(): RawReply | undefined {
    const taken = takeReply(this.#received);
    if (taken) this.#received = taken.rest;
    return taken?.reply;
  }
}

export function writePost(path: string, body: unknown, headers: Record<string, string> = {}): string {
  const payload = JSON.stringify(body);
  const all = {
    Host: 'localhost',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(payload)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`POST ${path} HTTP/1.1`, ...lines, '', payload].join('\r\n');
}

export function writeGet(path: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
