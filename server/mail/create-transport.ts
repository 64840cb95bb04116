import { createFileTransport } from './file-transport.js';
import { createSmtpTransport } from './smtp-transport.js';
import type { MailTransport } from './transport.js';

/** Destination of mails: a mail server, or a directory without a URL. */
export interface MailTransportOptions {
  /** `smtp://…` or `smtps://…`, or empty. */
  smtpUrl: string;
  /** Directory of .eml files, one for each mail. Created when missing. */
  directory: string;
}

/** Creates the transport for the settings. */
export function createMailTransport({ smtpUrl, directory }: MailTransportOptions): MailTransport {
  return smtpUrl ? createSmtpTransport(smtpUrl) : createFileTransport(directory);
}
