import { createFileTransport } from './file-transport.js';
import { createSmtpTransport } from './smtp-transport.js';
import type { MailTransport } from './transport.js';

export interface MailTransportOptions {
  /** `smtp://…` or `smtps://…`, or empty. */
  smtpUrl: string;
  /** One file per mail. Created when missing. */
  directory: string;
}

export function createMailTransport({ smtpUrl, directory }: MailTransportOptions): MailTransport {
  return smtpUrl ? createSmtpTransport(smtpUrl) : createFileTransport(directory);
}
