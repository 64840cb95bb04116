import { join } from 'node:path';
import t from 'tap';
import { findClosedPort, Refusal, startMailServer } from '../../support/mail/mail-server.js';
import { createClock, createMailer, makeDirectory, openOutbox } from '../../support/mail/outbox-fixture.js';

const MINUTE_MS = 60_000;

t.test('a woken mailer sends a mail once and removes it from the outbox', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  const mail = await addMail();
  t.same(await sendDue(), ['sent']);
  t.equal(server.received.length, 1);
  t.same(server.received[0]?.recipients, [mail.email]);
  t.equal(await outbox.count(), 0);
  t.match(lines, [{ mail: mail.id, kind: 'verify', attempts: 1, event: 'mailSent' }]);
  t.same(await sendDue(), []);
  t.equal(server.received.length, 1);
});

t.test('a starting mailer sends remaining mails, and one committed meanwhile', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const { outbox, addMail } = await openOutbox(t, clock);
  const left = await addMail();
  const { mailer } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  mailer.start();
  await mailer.waitUntilIdle();
  const added = await addMail();
  mailer.wake();
  await mailer.waitUntilIdle();
  t.same(
    server.received.flatMap(({ recipients }) => recipients),
    [left.email, added.email],
  );
});

t.test('many mails share a few connections', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  for (let i = 0; i < 30; i += 1) await addMail();
  const types = await sendDue();
  t.same(types, Array(30).fill('sent'));
  t.equal(new Set(server.received.map(({ recipients }) => recipients[0])).size, 30);
  t.ok(server.countConnections() <= 4, `${server.countConnections()} connections`);
});

t.test('without SMTPUTF8 a mail to a non-ASCII address is dropped', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t, { smtp: { hideSMTPUTF8: true } });
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  const mail = await addMail({ email: 'jörg@example.org' });
  t.same(await sendDue(), ['refused']);
  t.same(server.recipientCommands, [], 'no mail is sent');
  t.equal(await outbox.count(), 0);
  const reason = 'SMTPUTF8 not offered';
  t.match(lines, [{ mail: mail.id, event: 'mailNotSent', failure: 'refused', reason }]);
  await addMail({ email: 'me@bücher.example' });
  t.same(await sendDue(), ['sent'], 'a non-ASCII domain has an ASCII form');
  t.match(server.recipientCommands, [/<me@xn--bcher-kva\.example>/]);
});

t.test('with SMTPUTF8 a mail to a non-ASCII address is sent', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  await addMail({ email: 'jörg@example.org' });
  t.same(await sendDue(), ['sent']);
  t.same(server.received[0]?.recipients, ['jörg@example.org']);
});

t.test('a mailer sends the mails that a stopped one left', async (t) => {
  const clock = createClock();
  const port = await findClosedPort();
  const smtpUrl = `smtp://127.0.0.1:${port}`;
  const filename = join(await makeDirectory(t), 'accounts.sqlite');
  const first = await openOutbox(t, clock, filename);
  const before = createMailer(t, { outbox: first.outbox, clock, smtpUrl });
  const mail = await first.addMail();
  t.same(await before.sendDue(), ['unreachable']);
  await before.mailer.close();

  const server = await startMailServer(t, { port });
  const second = await openOutbox(t, clock, filename);
  const after = createMailer(t, { outbox: second.outbox, clock, smtpUrl });
  clock.advance(MINUTE_MS);
  t.same(await after.sendDue(), ['sent']);
  t.same(server.received[0]?.recipients, [mail.email]);
});

t.test('a mail claimed by a server that died is sent after its lease', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  await addMail();
  t.equal((await outbox.claim(1, clock.now(), 2 * MINUTE_MS)).length, 1);
  t.same(await sendDue(), []);
  clock.advance(2 * MINUTE_MS);
  t.same(await sendDue(), ['sent']);
});

t.test('two servers over one outbox send each mail once', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const filename = join(await makeDirectory(t), 'accounts.sqlite');
  const one = await openOutbox(t, clock, filename);
  const other = await openOutbox(t, clock, filename);
  for (let i = 0; i < 20; i += 1) await one.addMail();
  const mailers = [one, other].map(({ outbox }) => createMailer(t, { outbox, clock, smtpUrl: server.url }));
  await Promise.all(mailers.map(({ sendDue }) => sendDue()));
  await Promise.all(mailers.map(({ sendDue }) => sendDue()));
  t.equal(server.received.length, 20);
  t.equal(new Set(server.received.map(({ recipients }) => recipients[0])).size, 20);
});

t.test('mails without their storage key block no others, and are sent when the key returns', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const filename = join(await makeDirectory(t), 'accounts.sqlite');
  const old = await openOutbox(t, clock, filename, Buffer.alloc(32, 1));
  for (let i = 0; i < 10; i += 1) await old.addMail({ email: `old-${i}@example.com` });
  const current = await openOutbox(t, clock, filename);
  await current.addMail({ email: 'current@example.com' });
  const { sendDue } = createMailer(t, { outbox: current.outbox, clock, smtpUrl: server.url });
  for (let i = 0; i < 3; i += 1) await sendDue();
  t.same(
    server.received.flatMap(({ recipients }) => recipients),
    ['current@example.com'],
  );
  clock.advance(5 * MINUTE_MS);
  const { sendDue: sendOld } = createMailer(t, { outbox: old.outbox, clock, smtpUrl: server.url });
  await sendOld();
  t.equal(server.received.length, 11);
});

t.test('close waits for an open delivery', async (t) => {
  const clock = createClock();
  let arrive = () => {};
  const arriving = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = await startMailServer(t, {
    onMail() {
      arrive();
      return released;
    },
  });
  const { outbox, addMail } = await openOutbox(t, clock);
  const { mailer } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  await addMail();
  mailer.wake();
  await arriving;
  const closed = mailer.close();
  release();
  await closed;
  t.equal(server.received.length, 1);
  t.equal(await outbox.count(), 0);
  await addMail();
  mailer.wake();
  await mailer.waitUntilIdle();
  t.equal(await outbox.count(), 1, 'a closed mailer sends nothing');
});

t.test('a sent mail is not sent again when the database fails to remove it', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t);
  const { outbox, addMail } = await openOutbox(t, clock);
  const remove = outbox.remove.bind(outbox);
  outbox.remove = async () => {
    throw new Error('database is unavailable');
  };
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  await addMail();
  t.same(await sendDue(), ['sent']);
  t.equal(await outbox.count(), 1);
  clock.advance(5 * MINUTE_MS);
  t.same(await sendDue(), []);
  t.equal(lines.filter(({ event }) => event === 'outboxUnavailable').length, 1, 'said once');
  outbox.remove = remove;
  t.same(await sendDue(), []);
  t.equal(await outbox.count(), 0);
  t.equal(server.received.length, 1);
});

t.test('the log contains no address, code or link', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t, {
    onRecipient(address) {
      if (address.startsWith('refused')) throw new Refusal(550, `no <${address}>`);
      if (address.startsWith('deferred')) throw new Refusal(450, `not now <${address}>`);
    },
  });
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  const mails = [
    await addMail({ email: 'refused@example.com' }),
    await addMail({ email: 'deferred@example.com' }),
    await addMail({ email: 'taken@example.com', kind: 'recovery', code: '76543210' }),
    await addMail({ email: 'un<mailable@example.com' }),
  ];
  t.same((await sendDue()).sort(), ['deferred', 'refused', 'refused', 'sent']);
  t.equal(lines.length, 4);
  const log = JSON.stringify(lines);
  for (const { email, code } of mails) {
    t.notOk(log.includes(email));
    t.notOk(log.includes(code));
  }
  t.notMatch(log, /example\.com|verify_email|reset_password/);
});
