/**
 * Why a mail did not go out: `refused`, this mail never will; `deferred`, this mail will not now;
 * `unreachable`, no mail will now.
 */
export type DeliveryFailure = 'refused' | 'deferred' | 'unreachable';

/**
 * A mail did not go out. It carries no cause: what mail servers answer quotes addresses, and this
 * ends in a log.
 */
export class MailDeliveryError extends Error {
  readonly code = 'MAIL_DELIVERY';

  constructor(
    readonly failure: DeliveryFailure,
    /** A code or a fixed phrase, for the log: `ETIMEDOUT`, `550 5.1.1`. */
    readonly reason: string,
  ) {
    super(`the mail was not delivered: ${reason}`);
  }
}
