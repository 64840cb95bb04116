import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';
import t, { type Test } from 'tap';
import { LOCALES, messagesIn } from '../../../server/locales/locale.js';
import { createMailTransport } from '../../../server/mail/create-transport.js';
import { renderMail } from '../../../server/mail/render-mail.js';
import type { OutgoingMail } from '../../../storage/outbox.js';
import { startMailServer } from '../../support/mail/mail-server.js';
import {
  createClock,
  createMailer,
  FROM,
  makeDirectory,
  openOutbox,
  PUBLIC_URL,
} from '../../support/mail/outbox-fixture.js';

async function deliver(t: Test, mails: Partial<OutgoingMail>[]) {
  const clock = createClock();
  const server = await startMailServer(t);
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, events } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  const given = [];
  for (const mail of mails) given.push(await addMail(mail));
  await sendDue();
  return {
    events,
    recipientCommands: server.recipientCommands,
    mails: given.map((mail) => ({
      mail,
      received: server.received.filter(({ parsed }) => parsed.headers.get('x-uid') === mail.uid),
    })),
  };
}

t.test('verification mails have the code in headers, text and HTML, in every language', async (t) => {
  const { mails } = await deliver(
    t,
    LOCALES.map((locale) => ({ locale })),
  );
  for (const { mail, received } of mails) {
    t.equal(received.length, 1);
    const { parsed, raw } = received[0] as (typeof received)[0];
    const texts = messagesIn(mail.locale).messages.mail.verify;
    const link = `${PUBLIC_URL}/verify_email#uid=${mail.uid}&code=${mail.code}`;
    t.equal(parsed.subject, texts.subject, mail.locale);
    for (const line of [`X-Uid: ${mail.uid}`, `X-Verify-Code: ${mail.code}`, `X-Link: ${link}`]) {
      t.ok(`\r\n${raw}`.includes(`\r\n${line}\r\n`), 'on one line, for parsers without folding');
    }
    t.notOk(parsed.headers.has('x-recovery-code'));
    t.equal(parsed.headers.get('content-language'), mail.locale);
    t.equal(parsed.headers.get('auto-submitted'), 'auto-generated');
    t.equal(parsed.messageId, `<${mail.id}@accounts.example.org>`);
    t.same(parsed.date, new Date(mail.createdAt));
    t.equal(parsed.from?.text, '"Example Accounts" <no-reply@example.org>');
    for (const said of [link, mail.code, texts.ignore, 'accounts.example.org'])
      t.ok(parsed.text?.includes(said));
    const html = parsed.html as string;
    t.ok(html.includes(`href="${link.replaceAll('&', '&amp;')}"`));
    t.ok(html.includes(`<html lang="${mail.locale}">`));
    for (const said of [mail.code, texts.button]) t.ok(html.includes(said));
  }
});

t.test('recovery mails have the code in headers, text and HTML, in every language', async (t) => {
  const { mails } = await deliver(
    t,
    LOCALES.map((locale) => ({ kind: 'recovery', locale, code: '00123456' })),
  );
  for (const { mail, received } of mails) {
    t.equal(received.length, 1);
    const { parsed } = received[0] as (typeof received)[0];
    const texts = messagesIn(mail.locale).messages.mail.recovery;
    const link = `${PUBLIC_URL}/reset_password#code=00123456`;
    t.equal(parsed.subject, texts.subject, mail.locale);
    t.notMatch(parsed.subject, '0012', 'lock screens show subjects');
    t.equal(parsed.headers.get('x-recovery-code'), '00123456');
    t.equal(parsed.headers.get('x-link'), link);
    t.notOk(parsed.headers.has('x-verify-code'));
    for (const said of [link, '\n00123456\n', texts.validity]) t.ok(parsed.text?.includes(said));
    const html = parsed.html as string;
    t.match(html, />0012<\/span><span>3456</, 'two groups without a space to copy');
    t.ok(html.includes(`href="${link}"`));
  }
});

t.test('an HTML mail loads nothing', async (t) => {
  const { mails } = await deliver(t, [{}, { kind: 'recovery' }]);
  for (const { received } of mails) {
    const html = received[0]?.parsed.html as string;
    t.notMatch(html, /<(img|link|script|iframe|object|video)\b|url\(|@import|\bsrc=|\bbackground=/i);
    const urls = html.match(/https?:\/\/[^\s"<]+/g) ?? [];
    t.ok(urls.length > 0 && urls.every((url) => url.startsWith(`${PUBLIC_URL}/`)));
  }
});

t.test('an unknown language falls back to English', async (t) => {
  const { mails } = await deliver(t, [{ locale: 'tlh' }]);
  t.equal(mails[0]?.received[0]?.parsed.headers.get('content-language'), 'en');
});

const HOSTILE_ADDRESSES: Record<string, string> = {
  'plain@example.com': 'plain@example.com',
  'UPPER+tag@Example.COM': 'UPPER+tag@example.com',
  'two words@example.com': '"two words"@example.com',
  'a,b@example.com': '"a,b"@example.com',
  'a;b:c@example.com': '"a;b:c"@example.com',
  'quo"te@example.com': '"quo\\"te"@example.com',
  'back\\slash@example.com': '"back\\\\slash"@example.com',
  '"quoted already"@example.com': '"quoted already"@example.com',
  '"open@example.com': '"\\"open"@example.com',
  ' leading@example.com': '" leading"@example.com',
  'dots..twice@example.com': '"dots..twice"@example.com',
  '(comment)joe@example.com': '"(comment)joe"@example.com',
  '=?utf-8?q?x?=@example.com': '=?utf-8?q?x?=@example.com',
  'x%0d%0aBcc:y@example.com': '"x%0d%0aBcc:y"@example.com',
  'andré@example.org': 'andré@example.org',
  'joe@bücher.example': 'joe@xn--bcher-kva.example',
  '用户@例子.example': '用户@例子.example',
  [`${'l'.repeat(200)}@example.com`]: `${'l'.repeat(200)}@example.com`,
};

t.test('hostile addresses are one recipient each', async (t) => {
  const { recipientCommands } = await deliver(
    t,
    Object.keys(HOSTILE_ADDRESSES).map((email) => ({ email })),
  );
  t.same(
    recipientCommands.toSorted(),
    Object.values(HOSTILE_ADDRESSES)
      .map((address) => `RCPT TO:<${address}>`)
      .toSorted(),
  );
});

t.test('hostile addresses add no headers', async (t) => {
  const directory = await makeDirectory(t);
  const transport = createMailTransport({ smtpUrl: '', directory });
  const names = (mail: ParsedMail) => [...mail.headers.keys()].toSorted();
  const parse = async (email: string) => {
    const mail = renderMail(
      { id: 'one', uid: 'uid', kind: 'verify', email, code: 'c0de', locale: 'en', createdAt: 0 },
      { from: FROM, publicUrl: PUBLIC_URL },
    );
    await transport.send(mail);
    return simpleParser(await readFile(join(directory, `${mail.name}.eml`)));
  };
  const usual = names(await parse('me@example.com'));
  for (const email of Object.keys(HOSTILE_ADDRESSES)) {
    const parsed = await parse(email);
    t.same(names(parsed), usual, email);
    t.equal(parsed.from?.value[0]?.address, 'no-reply@example.org');
    t.equal(Array.isArray(parsed.to) ? parsed.to.length : parsed.to?.value.length, 1, 'one address in To');
    t.equal(parsed.subject, messagesIn('en').messages.mail.verify.subject);
  }
});

t.test('mails to undeliverable addresses are dropped and block no others', async (t) => {
  const unmailable = [
    'a<b@example.com',
    'a@exa>mple.com',
    'a@b c.example',
    'a@b,c.example.com',
    'a@[127.0.0.1]',
    'a@10.0.0.1',
    'a@0x7f.1',
    'a@"quoted".example',
    'a@.example',
    'a@example..com',
    'a@(x)example.com',
    'a@\u2028example.com',
  ];
  const { events, mails, recipientCommands } = await deliver(t, [
    ...unmailable.map((email) => ({ email })),
    {},
  ]);
  t.same(events.map(({ type }) => type).sort(), [...unmailable.map(() => 'refused'), 'sent']);
  t.equal(mails.at(-1)?.received.length, 1);
  t.equal(recipientCommands.length, 1, 'no other address gets the mail');
});
