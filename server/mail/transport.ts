import type { RenderedMail } from './render-mail.js';

export interface MailTransport {
  /** @throws MailDeliveryError when the mail was not delivered, or the outcome is unknown */
  send(mail: RenderedMail): Promise<void>;
  /** `smtpUtf8`: mails to non-ASCII local parts can be delivered, too. @throws MailDeliveryError */
  verify(): Promise<{ smtpUtf8: boolean }>;
  /** Fails open deliveries. */
  close(): void;
}
