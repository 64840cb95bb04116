import type { Logger } from 'pino';
import { RequestCompensations } from '../storage/compensation.js';
import { createSecurityLog, type RecordSecurityEvent, type RequestState } from './logs/security-log.js';

export interface ClientContext {
  /** An IPv4 address or an IPv6 prefix. */
  source: string;
  /** Time before the request started, in ms. */
  heldMs: number;
  /** Run when the request is answered with 503. */
  compensations: RequestCompensations;
  record: RecordSecurityEvent;
}

export function createClientContext(
  log: Logger,
  state: RequestState,
  { source, heldMs }: Pick<ClientContext, 'source' | 'heldMs'>,
): ClientContext {
  return {
    source,
    heldMs,
    compensations: new RequestCompensations(),
    record: createSecurityLog(log, state, source),
  };
}
