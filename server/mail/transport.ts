import type { RenderedMail } from './render-mail.js';

/** A way to deliver mails. */
export interface MailTransport {
  /** @throws MailDeliveryError when the mail was not delivered, or the outcome is unknown */
  send(mail: RenderedMail): Promise<void>;
  /**
   * Checks that mails can be delivered now.
   * @returns whether addresses with a non-ASCII local part are supported
   * @throws MailDeliveryError
   */
  verify(): Promise<{ smtpUtf8: boolean }>;
  /** Closes all connections. Open deliveries fail. */
  close(): void;
}
