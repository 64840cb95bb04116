import { access, constants, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MailDeliveryError } from './delivery-error.js';
import type { RenderedMail } from './render-mail.js';
import type { MailTransport } from './transport.js';

/** Mails hold codes that open accounts: they are the operator's alone. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** A transport that writes each mail as an .eml file (RFC 5322) into a directory. */
export function createFileTransport(directory: string): MailTransport {
  return {
    async send({ name, message }: RenderedMail) {
      // Readers look for .eml: they see a mail whole or not at all.
      const unfinished = join(directory, `.${name}.tmp`);
      try {
        await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
        await writeFile(unfinished, await compose(message), { mode: FILE_MODE });
        await rename(unfinished, join(directory, `${name}.eml`));
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {});
        throw toDeliveryError(error);
      }
    },
    async verify() {
      try {
        await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
        await access(directory, constants.W_OK);
        return { smtpUtf8: true };
      } catch (error) {
        throw toDeliveryError(error);
      }
    },
    close() {},
  };
}

async function compose(message: RenderedMail['message']): Promise<Buffer> {
  // Loaded with the first mail: the package takes 0.1 s of CPU.
  const { createTransport } = await import('nodemailer');
  return (await createTransport({ streamTransport: true, buffer: true }).sendMail(message)).message as Buffer;
}

/** The disk is full, or the directory is not ours: the next mail would fare no better. */
function toDeliveryError(error: unknown): MailDeliveryError {
  return new MailDeliveryError('unreachable', (error as NodeJS.ErrnoException).code ?? 'unknown');
}
