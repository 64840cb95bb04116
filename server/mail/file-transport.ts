import { access, constants, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MailDeliveryError } from './delivery-error.js';
import type { RenderedMail } from './render-mail.js';
import type { MailTransport } from './transport.js';

/** Mails contain codes that give access to accounts, so other users must not read them. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

export function createFileTransport(directory: string): MailTransport {
  return {
    async send({ name, message }: RenderedMail) {
      // Renamed when complete, so that readers of .eml files never see part of a mail.
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
  // Loaded with the first mail: loading takes 0.1 s of CPU.
  const { createTransport } = await import('nodemailer');
  return (await createTransport({ streamTransport: true, buffer: true }).sendMail(message)).message as Buffer;
}

/** `unreachable`, because a full disk or a wrong mode affects all mails. */
function toDeliveryError(error: unknown): MailDeliveryError {
  return new MailDeliveryError('unreachable', (error as NodeJS.ErrnoException).code ?? 'unknown');
}
