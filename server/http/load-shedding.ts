import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Services } from '../services.js';
import { createSourceReader, toCustomerNetwork } from './client-source.js';
import { discardBody } from './early-reply.js';
import { ApiError, errorReply } from './errors.js';
import { API_HEADERS, standardHeaders } from './standard-headers.js';

/** Timeout for the body of an admitted request, in ms. The request counts, but cannot be stretched yet. */
const BODY_MS = 5_000;

/** A request with at most this predicted wait starts at once, in ms: the next batches must be ready. */
const PROMPT_WAIT_MS = 250;
/** Part of a longer wait for which a request is held back. The rest allows for predictions that are too long. */
const HELD_PART = 0.75;

/** How long load shedding held a request back before its handler started, in ms. Only for requests that stretch. */
export const heldMs = new WeakMap<IncomingMessage, number>();

/**
 * Refuses a request with 503 if its stretch would wait longer than STRETCH_MAX_WAIT, before any other work. A request counts
 * from its start on, because simultaneous requests must affect each other's prediction. One with a long wait is held
 * back for most of it, so that the look-ups of a burst do not delay other requests.
 * @see docs/architecture.md, "Admission"
 */
export function shedLoad(
  listener: RequestListener,
  { config, stretcher, inFlight, now }: Services,
  needsStretch: (request: IncomingMessage) => boolean,
  observe: (request: IncomingMessage, outcome: 'refused' | 'abandoned') => void,
): RequestListener {
  const { publicUrl, stretchMaxWait, trustProxy } = config;
  const sourceOf = createSourceReader(trustProxy);
  const headers = {
    ...standardHeaders(publicUrl),
    ...API_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
  };
  const bodies: string[] = [];
  const refuse = (request: IncomingMessage, response: ServerResponse, waitMs: number) => {
    observe(request, 'refused');
    discardBody(request);
    const retryAfter = toRetryAfter(waitMs);
    bodies[retryAfter] ??= errorReply(new ApiError('serviceUnavailable', { retryAfter }), publicUrl);
    const body = bodies[retryAfter];
    // After setHeader, Node keeps the headers of writeHead readable.
    response.setHeader('Timestamp', Math.floor(now() / 1000));
    response.writeHead(503, { ...headers, 'Retry-After': retryAfter, 'Content-Length': body.length });
    response.end(body);
  };
  return (request, response) => {
    if (!needsStretch(request)) return listener(request, response);
    const address = sourceOf(request);
    // A body held back costs a client nothing. Those of a customer's 256 IPv6 networks together count as one source.
    const source = request.complete ? address : toCustomerNetwork(address);
    const waitMs = stretcher.queue.predictWaitMs(inFlight.countAhead(source));
    if (waitMs > stretchMaxWait * 1000) return refuse(request, response, waitMs);
    inFlight.add(source);
    const holdMs = request.complete ? Math.max(0, HELD_PART * (waitMs - PROMPT_WAIT_MS)) : 0;
    const start = () => {
      heldMs.set(request, holdMs);
      listener(request, response);
    };
    const requireBody = () => request.complete || request.destroy();
    const timer = holdMs > 0 ? setTimeout(start, holdMs) : setTimeout(requireBody, BODY_MS);
    response.once('close', () => {
      inFlight.remove(source);
      clearTimeout(timer);
      if (!heldMs.has(request)) observe(request, 'abandoned');
    });
    if (holdMs === 0) start();
  };
}

/** @returns whole seconds, at most an hour, with a random part, so that refused clients do not retry together */
export function toRetryAfter(waitMs: number): number {
  const seconds = waitMs / 1000;
  const jitter = Math.random() * Math.max(seconds / 2, 2);
  return Math.min(3600, Math.ceil(seconds + jitter));
}
