import { join } from 'node:path';
import type { Config } from '../../../config/load.js';
import { createMailTransport } from '../../mail/create-transport.js';
import { MailDeliveryError } from '../../mail/delivery-error.js';
import { broken, type Finding, ok, warning } from './finding.js';

const CHECK = 'mail';
const SMTPUTF8_CHECK = 'SMTPUTF8';

/** Checks that mails can be delivered: logs in to the mail server without sending. */
export async function checkMail({ smtpUrl, dataDir }: Config): Promise<Finding[]> {
  // Checking the mail directory would create it. The check of DATA_DIR covers it.
  if (!smtpUrl) return [ok(CHECK, `written to ${join(dataDir, 'mail')}`)];
  const transport = createMailTransport({ smtpUrl, directory: '' });
  try {
    const { smtpUtf8 } = await transport.verify();
    const advice = 'enable SMTPUTF8 on the mail server, or accept that such accounts get no mail';
    return [
      ok(CHECK, 'the mail server accepts this server'),
      smtpUtf8
        ? ok(
            SMTPUTF8_CHECK,
            'the mail server offers SMTPUTF8: addresses with a non-ASCII local part get mail',
          )
        : warning(
            SMTPUTF8_CHECK,
            'the mail server does not offer SMTPUTF8: addresses with a non-ASCII local part get no mail',
            advice,
          ),
    ];
  } catch (error) {
    const reason = error instanceof MailDeliveryError ? error.reason : (error as Error).name;
    const advice = 'check host, port, user and password in SMTP_URL; mails wait in the outbox';
    return [broken(CHECK, `the mail server of SMTP_URL does not accept mail (${reason})`, advice)];
  } finally {
    transport.close();
  }
}
