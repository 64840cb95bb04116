import type { Logger } from 'pino';
import type { LimitName } from '../../config/limits.js';
import { RequestCompensations } from '../../storage/compensation.js';

/** How a password was shown: itself, or by an SRP proof. */
export type Door = 'raw' | 'srp';

/** What each event tells, besides the request's id. Fields are documented in docs/logs.md. */
interface SecurityEvents {
  accountCreated: { uid: string; door: Door };
  accountDestroyed: { uid: string };
  emailVerified: { uid: string };
  loginSucceeded: { uid: string; door: Door };
  loginFailed: { uid?: string; door: Door; reason: 'incorrectPassword' | 'unknownAccount' };
  sessionEnded: { uid: string };
  passwordChanged: { uid: string; door: Door };
  passwordReset: { uid: string; door: Door };
  recoveryCodeSent: { uid: string };
  recoveryCodeAccepted: { uid: string };
  recoveryCodeWrong: { uid: string };
  rateLimited: { uid?: string; limit: LimitName; refused: boolean };
}

/** Those that tell where the request came from, and why that is logged: docs/logs.md, "Source addresses". */
const SOURCE_LOGGED = new Set<string>(['loginFailed', 'rateLimited'] satisfies (keyof SecurityEvents)[]);
/** Those that an operator may want to look at. */
const WARNINGS = new Set<string>(['rateLimited'] satisfies (keyof SecurityEvents)[]);

/** Who makes a request, for whatever counts or tells what askers do. */
export interface Asker {
  /** Where the request comes from: an IPv4 address or an IPv6 /64. */
  source: string;
  /** What the request consumed; restored when it is answered with 503. */
  compensations: RequestCompensations;
  /** Writes a security event into the log. */
  record<Name extends keyof SecurityEvents>(event: Name, facts: SecurityEvents[Name]): void;
}

/** What log lines of a request have in common. */
export interface RequestState {
  id: string;
  traceId?: string;
  uid?: string;
}

/**
 * The asker of a request.
 * @param state of the request: its ids, as in its own line of the log; the uid is noted for that line
 */
export function identifyAsker(log: Logger, state: RequestState, source: string): Asker {
  return {
    source,
    compensations: new RequestCompensations(),
    record(event, facts) {
      if (facts.uid) state.uid = facts.uid;
      const { id, traceId } = state;
      const fields = {
        event,
        security: true,
        id,
        traceId,
        ...facts,
        ...(SOURCE_LOGGED.has(event) && { source }),
      };
      if (WARNINGS.has(event)) log.warn(fields);
      else log.info(fields);
    },
  };
}

/** Records that a password was set with an accountResetToken: changed by who knew the old one, or reset. */
export function recordNewPassword(
  { record }: Asker,
  { uid, provenBy }: { uid: string; provenBy: 'password' | 'code' },
  door: Door,
): void {
  record(provenBy === 'password' ? 'passwordChanged' : 'passwordReset', { uid, door });
}
