import type { SendMailOptions } from 'nodemailer';
import type { OutgoingMail } from '../../storage/outbox.js';
import { messagesIn } from '../locales/locale.js';
import { fillIn } from '../locales/messages.js';
import { MailDeliveryError } from './delivery-error.js';
import { needsSmtpUtf8, toMailAddress } from './mail-address.js';
import { layOutMail, type MailLayout } from './mail-html.js';

export interface RenderedMail {
  /** File name without extension: sorts by time, has no address and no secret. */
  name: string;
  message: SendMailOptions;
  needsSmtpUtf8: boolean;
}

export interface MailSender {
  from: string;
  publicUrl: string;
}

/** See docs/protocol.md, "Mail". @throws MailDeliveryError `refused` for an address that SMTP lacks */
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
      // nodemailer does not parse an object. A string with a comma would become two addresses.
      to: { name: '', address },
      subject: layout.subject,
      date,
      // Constant for this mail, so that mail programs recognise a second copy.
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

/** Prevents folding, which simple parsers do not support. Only for values that this server generates. */
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

/** Renders the text part. `-- ` starts the signature (RFC 3676, 4.3). */
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
