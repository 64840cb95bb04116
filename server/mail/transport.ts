import { createFileTransport } from './file-transport.js';
import type { RenderedMail } from './render-mail.js';
import { createSmtpTransport } from './smtp-transport.js';

/** Where mails go. */
export interface MailTransport {
  /** @throws MailDeliveryError when the mail did not go out, or may not have */
  send(mail: RenderedMail): Promise<void>;
  /** Whether mails would go out now. @throws MailDeliveryError when not */
  verify(): Promise<void>;
  /** Ends connections; a mail under way fails. */
  close(): void;
}

/** Where mails go: to a mail server, or, with no URL, into a directory. */
export interface MailTransportOptions {
  /** `smtp://…` or `smtps://…`, or empty. */
  smtpUrl: string;
  /** Takes one .eml file a mail; made when missing. */
  directory: string;
}

/** The transport the settings ask for. */
export function createMailTransport({ smtpUrl, directory }: MailTransportOptions): MailTransport {
  return smtpUrl ? createSmtpTransport(smtpUrl) : createFileTransport(directory);
}
