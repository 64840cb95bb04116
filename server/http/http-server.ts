import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Connections } from './connections.js';
import { LINGER_MS } from './early-reply.js';
import { ApiError, type ApiErrorName } from './errors.js';

/** How patient the server is with its clients, in ms. */
export interface HttpTimeouts {
  /** For a request's headers, from the connection's start or the request's first byte. */
  headersMs: number;
  /** For the whole request. */
  requestMs: number;
  /** Between two requests. Longer than proxies commonly keep a connection, so that they close it and not we. */
  keepAliveMs: number;
  /** Without a byte in either direction, as when a client does not read its reply. */
  stalledMs: number;
  /** For a client to read a reply, from when all of it was written. */
  unreadMs: number;
  /** How often the first two and the last are enforced. */
  checkIntervalMs: number;
}

const TIMEOUTS: HttpTimeouts = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 75_000,
  stalledMs: 60_000,
  unreadMs: 30_000,
  checkIntervalMs: 2_000,
};

export interface HttpServerOptions {
  maxConnections: number;
  timeouts?: Partial<HttpTimeouts>;
  /** The clock, ms since 1970. */
  now: () => number;
}

/** What Node's parser finds wrong, as the client is told. */
const PARSER_ERRORS: Record<string, ApiErrorName> = {
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
};

/** An HTTP server that answers in the API's form even what is no request, and its connections. */
export function createHttpServer(options: HttpServerOptions): { server: Server; connections: Connections } {
  const { maxConnections, timeouts, now } = options;
  const { headersMs, requestMs, keepAliveMs, stalledMs, unreadMs, checkIntervalMs } = {
    ...TIMEOUTS,
    ...timeouts,
  };
  const server = createServer({
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: checkIntervalMs,
    // Node's own answers have no body: the application refuses instead, and ignores expectations (RFC 9110, 10.1.1).
    requireHostHeader: false,
  });
  server.timeout = stalledMs;
  const connections = new Connections(server, { maxConnections, unreadMs, checkIntervalMs });
  server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket: Socket) => {
    if (code === 'ECONNRESET' || !socket.writable || connections.isReplying(socket)) socket.destroy();
    else answerOnSocket(PARSER_ERRORS[code ?? ''] ?? 'badRequest', socket, now);
  });
  server.on('connect', (_request, socket) => answerOnSocket('badRequest', socket as Socket, now));
  return { server, connections };
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
