import type { RenderedMail } from './render-mail.js';

/** Where mails go. */
export interface MailTransport {
  /** @throws MailDeliveryError when the mail did not go out, or may not have */
  send(mail: RenderedMail): Promise<void>;
  /** Whether mails would go out now. @throws MailDeliveryError when not */
  verify(): Promise<void>;
  /** Ends connections; a mail under way fails. */
  close(): void;
}
