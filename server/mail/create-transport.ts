import { createFileTransport } from './file-transport.js';
import { createSmtpTransport } from './smtp-transport.js';
import type { MailTransport } from './transport.js';

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
