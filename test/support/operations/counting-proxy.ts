import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CountingProxy {
  port: number;
  /** A trip is a send on a connection whose last bytes came from the store: a pipeline is one. */
  roundTrips(): number;
  /** Resolves after a pause without traffic. */
  quiet(forMs: number): Promise<void>;
  close(): void;
}

export async function startCountingProxy(storePort: number): Promise<CountingProxy> {
  let trips = 0;
  let lastMs = performance.now();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const store = connect(storePort, '127.0.0.1');
    let clientSpokeLast = false;
    client.on('data', () => {
      lastMs = performance.now();
      if (!clientSpokeLast) trips++;
      clientSpokeLast = true;
    });
    store.on('data', () => {
      lastMs = performance.now();
      clientSpokeLast = false;
    });
    for (const [from, to] of [
      [client, store],
      [store, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true).pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    roundTrips: () => trips,
    async quiet(forMs) {
      for (let leftMs = forMs; leftMs > 0; leftMs = lastMs + forMs - performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, leftMs));
      }
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
