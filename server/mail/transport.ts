import type { RenderedMail } from './render-mail.js';

/** Where mails go. */
export interface MailTransport {
  /** @throws MailDeliveryError when the mail did not go out, or may not have */
  send(mail: RenderedMail): Promise<void>;
  /**
   * Checks that mails would go out now.
   * @returns whether addresses with a non-ASCII local part can be mailed
   * @throws MailDeliveryError
   */
  verify(): Promise<{ smtpUtf8: boolean }>;
  /** Ends connections; a mail under way fails. */
  close(): void;
}
