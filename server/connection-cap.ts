import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps a server below so many connections: when one more comes, the one idle longest is closed. A flood of
 * connections thus drives itself out, and a new one, a health check's too, always gets in.
 * Connections with a request under way are not idle; when there are only such, the new one is closed.
 */
export function capConnections(server: Server, maxConnections: number): void {
  const open = new Set<Socket>();
  /** In the order in which they fell idle. */
  const idle = new Set<Socket>();

  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      idle.delete(socket);
    });
    if (open.size > maxConnections) {
      const [longest = socket] = idle;
      idle.delete(longest);
      longest.destroy();
    }
    if (!socket.destroyed) idle.add(socket);
  });

  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket);
    response.once('close', () => {
      if (open.has(socket)) idle.add(socket);
    });
  });
}
