import type { Logger } from 'pino';
import { RequestCompensations } from '../storage/compensation.js';
import { createSecurityLog, type RecordSecurityEvent, type RequestState } from './logs/security-log.js';

/** The client of a request, for limits, queues and the security log. */
export interface ClientContext {
  /** Source of the request: an IPv4 address or an IPv6 prefix. */
  source: string;
  /** Restore what the request consumed, when it is answered with 503. */
  compensations: RequestCompensations;
  record: RecordSecurityEvent;
}

/** Creates the context of one request. */
export function createClientContext(log: Logger, state: RequestState, source: string): ClientContext {
  return {
    source,
    compensations: new RequestCompensations(),
    record: createSecurityLog(log, state, source),
  };
}
