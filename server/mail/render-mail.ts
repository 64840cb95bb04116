import type { SendMailOptions } from 'nodemailer';
import type { OutgoingMail } from '../../storage/outbox.js';
import { messagesIn } from '../locales/locale.js';
import { fillIn } from '../locales/messages.js';
import { MailDeliveryError } from './delivery-error.js';
import { needsSmtpUtf8, toMailAddress } from './mail-address.js';
import { layOutMail, type MailLayout } from './mail-html.js';

/** A mail ready for a transport. */
export interface RenderedMail {
  /** What its file is called, were it written to one: sorts by time, tells no address and no secret. */
  name: string;
  message: SendMailOptions;
  /** Whether the address can travel only over SMTPUTF8 (RFC 6531). */
  needsSmtpUtf8: boolean;
}

/** Who sends, and where the links lead. */
export interface MailSender {
  /** The From header: an address, or `Name <address>`. */
  from: string;
  publicUrl: string;
}

/**
 * A mail of the outbox as nodemailer takes it: text and HTML parts in its language, and the headers
 * of docs/protocol.md, "Mail".
 * @throws MailDeliveryError `refused` when no mail can ever reach the address
 */
export function renderMail(mail: OutgoingMail, { from, publicUrl }: MailSender): RenderedMail {
  const address = toMailAddress(mail.email);
  if (!address) throw new MailDeliveryError('refused', 'unmailable address');
  const layout = mail.kind === 'verify' ? verifyLayout(mail, publicUrl) : recoveryLayout(mail, publicUrl);
  const date = new Date(mail.createdAt);
  return {
    name: `${date.toISOString().replace(/[:.]/g, '-')}-${mail.kind}-${mail.id}`,
    needsSmtpUtf8: needsSmtpUtf8(address),
    message: {
      from,
      // An object is taken as one address; a text would be parsed, and a comma would make it two.
      to: { name: '', address },
      subject: layout.subject,
      date,
      // The same every time this mail is sent, so that mail programs can tell a second copy.
      messageId: `<${mail.id}@${new URL(publicUrl).hostname}>`,
      headers: {
        'X-Uid': unfolded(mail.uid),
        [mail.kind === 'verify' ? 'X-Verify-Code' : 'X-Recovery-Code']: unfolded(mail.code),
        'X-Link': unfolded(layout.link),
        'Content-Language': layout.locale,
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
      },
      text: layOutText(layout),
      html: layOutMail(layout),
      disableFileAccess: true,
      disableUrlAccess: true,
    },
  };
}

/** One line however long, for readers that know nothing of folding. Only for values made by this server. */
function unfolded(value: string) {
  return { prepared: true, value };
}

function verifyLayout({ uid, code, locale: wanted }: OutgoingMail, publicUrl: string): MailLayout {
  const { locale, messages } = messagesIn(wanted);
  const { host } = new URL(publicUrl);
  const { codeHint, intro, ...texts } = messages.mail.verify;
  return {
    ...texts,
    locale,
    intro: fillIn(intro, { host }),
    link: `${publicUrl}/verify_email#uid=${uid}&code=${code}`,
    copiedCode: { hint: codeHint, code },
    footer: fillIn(messages.mail.footer, { host }),
  };
}

function recoveryLayout({ code, locale: wanted }: OutgoingMail, publicUrl: string): MailLayout {
  const { locale, messages } = messagesIn(wanted);
  const { host } = new URL(publicUrl);
  const { intro, ...texts } = messages.mail.recovery;
  return {
    ...texts,
    locale,
    intro: fillIn(intro, { host }),
    shownCode: code,
    link: `${publicUrl}/reset_password#code=${code}`,
    footer: fillIn(messages.mail.footer, { host }),
  };
}

/** The text part. `-- ` begins what mail programs show as a signature (RFC 3676, 4.3). */
function layOutText(mail: MailLayout): string {
  const paragraphs = [
    mail.intro,
    mail.shownCode,
    mail.validity,
    `${mail.button}:\n${mail.link}`,
    mail.copiedCode && `${mail.copiedCode.hint}\n${mail.copiedCode.code}`,
    mail.ignore,
    `-- \n${mail.footer}`,
  ];
  return `${paragraphs.filter(Boolean).join('\n\n')}\n`;
}
