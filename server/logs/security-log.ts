import type { Logger } from 'pino';
import type { LimitName } from '../../config/limits.js';

/** How a client proves a password: it sends the password, or an SRP proof. */
export type LoginMethod = 'raw_password' | 'srp';

/** The fields of each event, except the request's id. docs/logs.md documents them. */
interface SecurityEvents {
  accountCreated: { uid: string; method: LoginMethod };
  accountDestroyed: { uid: string };
  emailVerified: { uid: string };
  loginSucceeded: { uid: string; method: LoginMethod };
  loginFailed: { uid?: string; method: LoginMethod; reason: 'incorrectPassword' | 'unknownAccount' };
  sessionEnded: { uid: string };
  passwordChanged: { uid: string; method: LoginMethod };
  passwordReset: { uid: string; method: LoginMethod };
  recoveryCodeSent: { uid: string };
  recoveryCodeAccepted: { uid: string };
  recoveryCodeWrong: { uid: string };
  rateLimited: { uid?: string; limit: LimitName; refused: boolean };
}

/** Events with the source address (docs/logs.md, "Source addresses"). */
const SOURCE_LOGGED = new Set<string>(['loginFailed', 'rateLimited'] satisfies (keyof SecurityEvents)[]);
const WARNINGS = new Set<string>(['rateLimited'] satisfies (keyof SecurityEvents)[]);

export interface RequestState {
  id: string;
  traceId?: string;
  uid?: string;
}

export type RecordSecurityEvent = <Name extends keyof SecurityEvents>(
  event: Name,
  facts: SecurityEvents[Name],
) => void;

/** Also adds the uid of an event to `state`, for the request's log line. */
export function createSecurityLog(log: Logger, state: RequestState, source: string): RecordSecurityEvent {
  return (event, facts) => {
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
  };
}

/** Names the event after the proof for the accountResetToken: the old password, or a recovery code. */
export function recordNewPassword(
  record: RecordSecurityEvent,
  { uid, provenBy }: { uid: string; provenBy: 'password' | 'code' },
  method: LoginMethod,
): void {
  record(provenBy === 'password' ? 'passwordChanged' : 'passwordReset', { uid, method });
}
