import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';

/** Time for a client to finish sending after an early reply. */
export const LINGER_MS = 2_000;

/** Receives and wipes the rest of a body, which can contain a password. Node does not wipe it. */
export function discardBody(request: IncomingMessage): IncomingMessage {
  return request.on('data', (chunk: Buffer) => chunk.fill(0)).resume();
}

/**
 * Sends a reply at once and ends it when the request has been received. Closing a connection with unread
 * bytes resets it, and a client that sends before it reads would lose the reply (RFC 9112, section 9.6).
 */
export async function* replyBeforeBody(reply: string, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield Buffer.from(reply);
  const signal = AbortSignal.timeout(LINGER_MS);
  // It also fails when the client closes the connection. In both cases, the reply has been sent.
  await finished(discardBody(request), { writable: false, signal }).catch(() => request.destroy());
}
