import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Connections } from './connections.js';
import { LINGER_MS } from './early-reply.js';
import { ApiError, type ApiErrorName, errorReply } from './errors.js';

export interface HttpTimeouts {
  /** For the headers, from the start of the connection or the first byte of the request. */
  headersMs: number;
  requestMs: number;
  /** Between two requests. Longer than in common proxies, so that the proxy closes idle connections first. */
  keepAliveMs: number;
  /** Without a byte in either direction. */
  stalledMs: number;
  /** For a client to read a complete reply. */
  unreadMs: number;
  /** Interval of the checks of `headersMs` and `requestMs`. */
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
  now: () => number;
  /** For links in errors. Known once the server listens. */
  publicUrl: () => string;
}

const PARSER_ERRORS: Record<string, ApiErrorName> = {
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
};

/** Creates an HTTP server that answers malformed requests in the API's form too. */
export function createHttpServer(options: HttpServerOptions): { server: Server; connections: Connections } {
  const { maxConnections, timeouts } = options;
  const { headersMs, requestMs, keepAliveMs, stalledMs, unreadMs, checkIntervalMs } = {
    ...TIMEOUTS,
    ...timeouts,
  };
  const server = createServer({
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: checkIntervalMs,
    // Node's refusals have no body. The app refuses missing hosts and ignores Expect (RFC 9110, 10.1.1).
    requireHostHeader: false,
  });
  server.timeout = stalledMs;
  const connections = new Connections(server, { maxConnections, unreadMs });
  server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
  server.on('clientError', ({ code }: NodeJS.ErrnoException, socket: Socket) => {
    const reason = PARSER_ERRORS[code ?? ''] ?? 'badRequest';
    if (code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else connections.refuse(socket, () => answerOnSocket(reason, socket, options));
  });
  server.on('connect', (_request, socket: Socket) => {
    // Node has removed its own listener. Without one, a reset would end the process.
    socket.on('error', () => socket.destroy());
    connections.refuse(socket, () => answerOnSocket('badRequest', socket, options));
  });
  return { server, connections };
}

/** Answers a malformed request, for which Node has no response object. */
function answerOnSocket(
  reason: ApiErrorName,
  socket: Socket,
  { now, publicUrl }: Pick<HttpServerOptions, 'now' | 'publicUrl'>,
): void {
  const error = new ApiError(reason);
  const body = errorReply(error, publicUrl());
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Timestamp: ${Math.floor(now() / 1000)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Gives the client time to read the reply.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
}
