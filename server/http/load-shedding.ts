import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { InFlightRequests } from '../../workers/in-flight-requests.js';
import { toCustomerNetwork } from './client-source.js';
import { discardBody } from './early-reply.js';
import { ApiError, errorReply } from './errors.js';
import { API_HEADERS, standardHeaders } from './standard-headers.js';

/** Timeout for the body of an admitted request, in ms. The request counts, but cannot be stretched yet. */
const BODY_MS = 5_000;

/** A request with at most this predicted wait starts at once, in ms: the next batches must be ready. */
const PROMPT_WAIT_MS = 250;
/** Part of a longer wait for which a request is held back. The rest allows for predictions that are too long. */
const HELD_PART = 0.75;

const heldMs = new WeakMap<IncomingMessage, number>();

/** Returns how long load shedding held a request back before its handler started, in ms. */
export function timeHeldMs(request: IncomingMessage): number {
  return heldMs.get(request) ?? 0;
}

export interface LoadSheddingOptions {
  inFlight: InFlightRequests;
  needsStretch: (request: IncomingMessage) => boolean;
  sourceOf: (request: IncomingMessage) => string;
  /** @returns the wait after a number of other requests, in ms */
  predictWaitMs: (ahead: number) => number;
  maxWaitMs: number;
  publicUrl: string;
  now: () => number;
  observe: (request: IncomingMessage, outcome: 'refused' | 'abandoned') => void;
}

/**
 * Refuses a request with 503 if its stretch would wait longer than `maxWaitMs`, before any other work. A request counts
 * from its start on, because simultaneous requests must affect each other's prediction. One with a long wait is held
 * back for most of it, so that the look-ups of a burst do not delay other requests.
 * @see docs/architecture.md, "Admission"
 */
export function shedLoad(listener: RequestListener, options: LoadSheddingOptions): RequestListener {
  const { inFlight, needsStretch, sourceOf, predictWaitMs, maxWaitMs, publicUrl, now, observe } = options;
  const headers = Object.entries({
    ...standardHeaders(publicUrl),
    ...API_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
  });
  const bodies: string[] = [];
  const refuse = (request: IncomingMessage, response: ServerResponse, waitMs: number) => {
    observe(request, 'refused');
    discardBody(request);
    const retryAfter = toRetryAfter(waitMs);
    bodies[retryAfter] ??= errorReply(new ApiError('serviceUnavailable', { retryAfter }), publicUrl);
    const body = bodies[retryAfter];
    response.statusCode = 503;
    for (const [name, value] of headers) response.setHeader(name, value);
    response.setHeader('Timestamp', String(Math.floor(now() / 1000)));
    response.setHeader('Retry-After', String(retryAfter));
    response.setHeader('Content-Length', body.length);
    response.end(body);
  };
  return (request, response) => {
    if (!needsStretch(request)) return listener(request, response);
    const address = sourceOf(request);
    // A body held back costs a client nothing. Those of a customer's 256 IPv6 networks together count as one source.
    const source = request.complete ? address : toCustomerNetwork(address);
    const waitMs = predictWaitMs(inFlight.countAhead(source));
    if (waitMs > maxWaitMs) return refuse(request, response, waitMs);
    inFlight.add(source);
    const holdMs = request.complete ? Math.max(0, HELD_PART * (waitMs - PROMPT_WAIT_MS)) : 0;
    const start = () => {
      heldMs.set(request, holdMs);
      listener(request, response);
    };
    const timer = holdMs > 0 ? setTimeout(start, holdMs) : setTimeout(requireBody, BODY_MS, request);
    response.once('close', () => {
      inFlight.remove(source);
      clearTimeout(timer);
      if (!heldMs.has(request)) observe(request, 'abandoned');
    });
    if (holdMs === 0) start();
  };
}

function requireBody(request: IncomingMessage): void {
  if (!request.complete) request.destroy();
}

/** @returns whole seconds, at most an hour, with a random part, so that refused clients do not retry together */
export function toRetryAfter(waitMs: number): number {
  const seconds = waitMs / 1000;
  const jitter = Math.random() * Math.max(seconds / 2, 2);
  return Math.min(3600, Math.ceil(seconds + jitter));
}
