import type { NodemailerError } from 'nodemailer';
import { MailDeliveryError } from './delivery-error.js';
import type { RenderedMail } from './render-mail.js';
import type { MailTransport } from './transport.js';

/** How long the steps of a delivery may take, in ms; the URL's query can set them too. */
const TIMEOUTS_MS = {
  dnsTimeout: 5_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  /** Of silence, at any step. */
  socketTimeout: 20_000,
  socketCloseTimeout: 2_000,
};
/** How long one delivery may take as a whole, in ms: a server that trickles is never silent. */
const MAX_DELIVERY_MS = 60_000;
/** Connections stay open this long between mails, in ms. */
const IDLE_MS = 5_000;
const MAX_CONNECTIONS = 4;

/** Replies of class 5 that speak of the session, not of the mail: bad sequence, authentication required. */
const SESSION_REPLIES = [503, 530];

/**
 * A transport that speaks SMTP (RFC 5321) to one server.
 * @param url `smtp://[user:password@]host[:port]` (STARTTLS where the server offers it) or `smtps://…`;
 *   its query takes nodemailer's options, such as `?requireTLS=true`
 */
export function createSmtpTransport(url: string, maxDeliveryMs = MAX_DELIVERY_MS): MailTransport {
  let opened: ReturnType<typeof createPool> | undefined;
  const open = () => {
    opened ??= createPool(url);
    return opened;
  };
  return {
    async send({ message, needsSmtpUtf8 }: RenderedMail) {
      try {
        // nodemailer would send the raw UTF-8.
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
  // Loaded with the first mail: the package takes 0.1 s of CPU.
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url,
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    idleTimeout: IDLE_MS,
    // Once: when the server dropped a connection that idled, before a byte of the mail was sent.
    maxRequeues: 1,
    ...TIMEOUTS_MS,
  });
}

/** Asks the mail server on a connection of its own, because the pool does not tell. */
async function offersSmtpUtf8({ options }: Awaited<ReturnType<typeof createPool>>): Promise<boolean> {
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection');
  const connection = new SMTPConnection(options);
  await new Promise<void>((resolve, reject) => {
    connection.on('error', reject);
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  // The reply to EHLO, after STARTTLS where the server offers it.
  const extensions = connection.lastServerResponse || '';
  connection.quit();
  return /^250[ -]SMTPUTF8\b/im.test(extensions);
}

function toDeliveryError(error: NodemailerError): MailDeliveryError {
  const { code, command, responseCode: reply } = error;
  const reason = describe(error);
  if (code === 'EENVELOPE' && command === 'API') return new MailDeliveryError('refused', reason);
  if (code === 'ESTREAM') return new MailDeliveryError('deferred', reason);
  // What is said about the connection, the login or the sender holds for every mail; 421 closes.
  const isAboutMail = command === 'RCPT TO' || command === 'DATA';
  if (!reply || reply === 421 || !isAboutMail) return new MailDeliveryError('unreachable', reason);
  const isFinal = reply >= 500 && !SESSION_REPLIES.includes(reply);
  return new MailDeliveryError(isFinal ? 'refused' : 'deferred', reason);
}

/** The codes of a failure; never the server's words, which may quote the address. */
function describe({ code, responseCode, response }: NodemailerError): string {
  if (!responseCode) return code ?? 'unknown';
  const [, enhancedStatus] = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '') ?? [];
  return [responseCode, enhancedStatus].filter(Boolean).join(' ');
}
