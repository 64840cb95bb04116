/** `refused`: permanent; `deferred`: temporary, for this mail; `unreachable`: temporary, for all mails. */
export type DeliveryFailure = 'refused' | 'deferred' | 'unreachable';

/** It has no cause, because replies of mail servers quote addresses and errors are logged. */
export class MailDeliveryError extends Error {
  readonly code = 'MAIL_DELIVERY';

  constructor(
    readonly failure: DeliveryFailure,
    /** A code or a fixed phrase for the log: `ETIMEDOUT`, `550 5.1.1`. */
    readonly reason: string,
  ) {
    super(`the mail was not delivered: ${reason}`);
  }
}
