import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
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
export function replyBeforeBody(reply: string, request: IncomingMessage): Readable {
  return Readable.from(sendThenDrain(reply, request), { objectMode: false });
}

async function* sendThenDrain(reply: string, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield Buffer.from(reply);
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  // If the client or the timer closes the connection, the reply has been sent.
  await finished(discardBody(request), { writable: false }).catch(() => {});
  clearTimeout(timer);
}
