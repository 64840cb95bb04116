import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a request that is on its way has to arrive, in ms. */
const ARRIVAL_GRACE_MS = 2_000;

/**
 * Prepares a server's orderly end. Node closes connections that fell idle after a reply, and waits for all
 * others, without end: those that never asked for anything, and those that do not get their request out.
 * @returns ends it: no new connections; what was asked is answered; who has not asked in two seconds is cut off
 */
export function prepareDrain(server: Server): () => Promise<void> {
  const underWay = new Map<Socket, IncomingMessage | undefined>();
  server.on('connection', (socket: Socket) => {
    underWay.set(socket, undefined);
    socket.once('close', () => underWay.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    underWay.set(request.socket, request);
    response.once('close', () => {
      if (underWay.has(request.socket)) underWay.set(request.socket, undefined);
    });
  });
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    const timer = setTimeout(() => {
      for (const [socket, request] of underWay) if (!request?.complete) socket.destroy();
    }, ARRIVAL_GRACE_MS);
    await closed;
    clearTimeout(timer);
  };
}
