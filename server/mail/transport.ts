import type { RenderedMail } from './render-mail.js';

export interface MailTransport {
  /** @throws MailDeliveryError when the mail was not delivered, or the outcome is unknown */
  send(mail: RenderedMail): Promise<void>;
  /**
   * Checks that mails can be delivered now.
   * @returns whether non-ASCII local parts are supported
   * @throws MailDeliveryError
   */
  verify(): Promise<{ smtpUtf8: boolean }>;
  /** Fails open deliveries. */
  close(): void;
}
