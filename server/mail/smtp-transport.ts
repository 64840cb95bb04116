import type { NodemailerError } from 'nodemailer';
import { MailDeliveryError } from './delivery-error.js';
import type { RenderedMail } from './render-mail.js';
import type { MailTransport } from './transport.js';

/** Defaults: the URL's query can override them. */
const TIMEOUTS_MS = {
  dnsTimeout: 5_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  /** Without a byte, at any step. */
  socketTimeout: 20_000,
  socketCloseTimeout: 2_000,
};
/** For a whole delivery: a slow server can send bytes without end. */
const MAX_DELIVERY_MS = 60_000;
const IDLE_MS = 5_000;
const MAX_CONNECTIONS = 4;

/** Permanent replies about the session, not the mail: bad sequence of commands, authentication required. */
const SESSION_REPLIES = [503, 530];

/** Uses STARTTLS if offered. The URL's query sets nodemailer's options, for example `?requireTLS=true`. */
export function createSmtpTransport(url: string, maxDeliveryMs = MAX_DELIVERY_MS): MailTransport {
  let opened: ReturnType<typeof createPool> | undefined;
  const open = () => {
    opened ??= createPool(url);
    return opened;
  };
  return {
    async send({ message, needsSmtpUtf8 }: RenderedMail) {
      try {
        // Without SMTPUTF8 nodemailer would send raw UTF-8.
        if (needsSmtpUtf8 && !(await offersSmtpUtf8(await open()))) {
          throw new MailDeliveryError('refused', 'SMTPUTF8 not offered');
        }
        await (await open()).sendMail({ ...message, signal: AbortSignal.timeout(maxDeliveryMs) });
      } catch (error) {
        throw error instanceof MailDeliveryError ? error : toDeliveryError(error as NodemailerError);
      }
    },
    async verify() {
      try {
        await (await open()).verify();
        return { smtpUtf8: await offersSmtpUtf8(await open()) };
      } catch (error) {
        throw new MailDeliveryError('unreachable', describe(error as NodemailerError));
      }
    },
    close() {
      void opened?.then((pool) => pool.close({ force: true }));
    },
  };
}

async function createPool(url: string) {
  // Loaded with the first mail: loading takes 0.1 s of CPU.
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url,
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    idleTimeout: IDLE_MS,
    // One retry, for an idle connection that the server closed before any byte of the mail was sent.
    maxRequeues: 1,
    ...TIMEOUTS_MS,
  });
}

/** Uses a connection of its own, because the pool does not report extensions. */
async function offersSmtpUtf8({ options }: Awaited<ReturnType<typeof createPool>>): Promise<boolean> {
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
  const connection = new SMTPConnection(options);
  await new Promise<void>((resolve, reject) => {
    connection.on('error', reject);
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  // The reply to EHLO, after STARTTLS if offered.
  const extensions = connection.lastServerResponse || '';
  connection.quit();
  return /^250[ -]SMTPUTF8\b/im.test(extensions);
}

function toDeliveryError(error: NodemailerError): MailDeliveryError {
  const { code, command, responseCode: reply } = error;
  const reason = describe(error);
  if (code === 'EENVELOPE' && command === 'API') return new MailDeliveryError('refused', reason);
  if (code === 'ESTREAM') return new MailDeliveryError('deferred', reason);
  // Errors of connection, login and sender concern every mail, and 421 closes the connection.
  const isAboutMail = command === 'RCPT TO' || command === 'DATA';
  if (!reply || reply === 421 || !isAboutMail) return new MailDeliveryError('unreachable', reason);
  const isFinal = reply >= 500 && !SESSION_REPLIES.includes(reply);
  return new MailDeliveryError(isFinal ? 'refused' : 'deferred', reason);
}

/** Returns the codes of a failure, without the server's text, which may quote the address. */
function describe({ code, responseCode, response }: NodemailerError): string {
  if (!responseCode) return code ?? 'unknown';
  const [, enhancedStatus] = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '') ?? [];
  return [responseCode, enhancedStatus].filter(Boolean).join(' ');
}
