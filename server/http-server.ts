import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError, type ApiErrorName } from './errors.js';
import { LINGER_MS } from './unread-body.js';

/** Time for a request's headers, and for the whole request, in ms. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than proxies commonly keep a connection, so that they close it and not we, in ms. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** How often the two above are enforced, in ms. */
const CHECK_INTERVAL_MS = 2_000;

/** What Node's parser finds wrong, as the client is told. */
const PARSER_ERRORS: Record<string, ApiErrorName> = {
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
};

/** An HTTP server that answers in the API's form even what is no request. */
export function createHttpServer(now: () => number): Server {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    // Node's own answers have no body: the application refuses instead, and ignores expectations (RFC 9110, 10.1.1).
    requireHostHeader: false,
  });
  server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
    if (code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else answerOnSocket(PARSER_ERRORS[code ?? ''] ?? 'badRequest', socket as Socket, now);
  });
  server.on('connect', (_request, socket) => answerOnSocket('badRequest', socket as Socket, now));
  return server;
}

/** Answers what did not become a request. */
function answerOnSocket(reason: ApiErrorName, socket: Socket, now: () => number): void {
  const error = new ApiError(reason);
  const body = JSON.stringify(error);
  const head = [
    `HTTP/1.1 ${error.status} ${error.toJSON().error}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Timestamp: ${Math.floor(now() / 1000)}`,
    'Connection: close',
  ];
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Time to read the answer; whoever then still holds the connection open does not mean to.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
