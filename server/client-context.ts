import type { Logger } from 'pino';
import { RequestCompensations } from '../storage/compensation.js';
import { createSecurityLog, type RecordSecurityEvent, type RequestState } from './logs/security-log.js';

export interface ClientContext {
  /** An IPv4 address or an IPv6 prefix. */
  source: string;
  /** Run when the request is answered with 503. */
  compensations: RequestCompensations;
  record: RecordSecurityEvent;
}

export function createClientContext(log: Logger, state: RequestState, source: string): ClientContext {
  return {
    source,
    compensations: new RequestCompensations(),
    record: createSecurityLog(log, state, source),
  };
}
