import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { MAX_OUTAGE_PAUSE_MS } from '../../../server/mail/delivery-schedule.js';
import { findClosedPort, Refusal, startMailServer } from '../../support/mail/mail-server.js';
import { createClock, createMailer, openOutbox } from '../../support/mail/outbox-fixture.js';
import { startPostgres } from '../../support/services/postgres.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

async function startTcpServer(t: Test, serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

t.test('during an outage one mail probes the server, and all are sent afterwards', async (t) => {
  const clock = createClock();
  const port = await findClosedPort();
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: `smtp://127.0.0.1:${port}` });
  for (let i = 0; i < 20; i += 1) await addMail();
  t.same(await sendDue(), Array(4).fill('unreachable'), 'only the open deliveries');
  t.same(await sendDue(), [], 'a new mail does not shorten the pause');
  for (let i = 0; i < 6; i += 1) {
    clock.advance(MAX_OUTAGE_PAUSE_MS * 1.2);
    t.same(await sendDue(), ['unreachable']);
  }
  t.equal(await outbox.count(), 20);
  t.match(lines[0], { failure: 'unreachable', reason: 'ESOCKET', attempts: 1 });

  const server = await startMailServer(t, { port });
  clock.advance(MAX_OUTAGE_PAUSE_MS * 1.2);
  await sendDue();
  t.equal(server.received.length, 20, 'the longest outage pause is the longest wait afterwards');
  t.equal(await outbox.count(), 0);
});

t.test('mails that fail are postponed in PostgreSQL too', async (t) => {
  const clock = createClock();
  const { createDatabase } = await startPostgres(t);
  const { outbox, addMail } = await openOutbox(t, clock, await createDatabase());
  const port = await findClosedPort();
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: `smtp://127.0.0.1:${port}` });
  await addMail();
  t.same(await sendDue(), ['unreachable']);
  await startMailServer(t, { port });
  clock.advance(10_000);
  t.same(await sendDue(), ['sent'], 'after the pause, before the lease ends');
  t.same(
    lines.map(({ event }) => event),
    ['mailNotSent', 'mailSent'],
  );
});

t.test('in a long outage a single mail is retried every few minutes', async (t) => {
  const clock = createClock();
  const { outbox, addMail } = await openOutbox(t, clock);
  const smtpUrl = `smtp://127.0.0.1:${await findClosedPort()}`;
  const { sendDue } = createMailer(t, { outbox, clock, smtpUrl });
  await addMail();
  for (let i = 0; i < 20; i += 1) {
    t.same(await sendDue(), ['unreachable']);
    clock.advance(MAX_OUTAGE_PAUSE_MS * 1.2);
  }
});

t.test('a deferred mail is retried with growing pauses', async (t) => {
  const clock = createClock();
  const tries: number[] = [];
  const firstTry = clock.now();
  const server = await startMailServer(t, {
    onRecipient(address) {
      if (address !== 'greylisted@example.com') return;
      tries.push(clock.now());
      throw new Refusal(450, '4.2.0 try later');
    },
  });
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines, events } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  await addMail({ email: 'greylisted@example.com' });
  t.same(await sendDue(), ['deferred']);
  t.match(lines[0], { failure: 'deferred', reason: '450 4.2.0', attempts: 1 });
  await addMail();
  t.same(await sendDue(), ['sent'], 'other mails do not wait');
  while (await outbox.count()) {
    clock.advance(clock.now() < firstTry + 2 * MINUTE_MS ? 1000 : MINUTE_MS);
    await sendDue();
  }
  const ages = tries.map((at) => at - firstTry);
  const [, second = 0] = ages;
  t.ok(second >= 4_000 && second <= 7_000, `first pause ${second} ms`);
  t.ok(ages.length >= 25 && ages.length <= 45, `${ages.length} tries`);
  t.ok(
    ages.every((age, i) => age < 24 * HOUR_MS && age - (ages[i - 1] ?? age) <= 1.2 * HOUR_MS + MINUTE_MS),
    `${ages}`,
  );
  t.equal(events.at(-1)?.type, 'expired');
  const lifeMs = clock.now() - firstTry;
  t.ok(lifeMs >= 24 * HOUR_MS && lifeMs <= 25.3 * HOUR_MS, `dropped after ${lifeMs / HOUR_MS} h`);
});

t.test('an expired recovery mail is dropped', async (t) => {
  const clock = createClock();
  const { outbox, addMail } = await openOutbox(t, clock);
  const port = await findClosedPort();
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: `smtp://127.0.0.1:${port}` });
  await addMail({ kind: 'recovery' });
  await sendDue();
  clock.advance(15 * MINUTE_MS - 1);
  t.same(await sendDue(), ['unreachable']);
  clock.advance(2 * MAX_OUTAGE_PAUSE_MS);
  t.same(await sendDue(), ['expired']);
  t.equal(await outbox.count(), 0);
  t.match(lines.at(-1), { kind: 'recovery', attempts: 2, event: 'mailExpired' });
});

t.test('a permanently refused recipient ends the mail', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t, {
    onRecipient(address) {
      if (address.startsWith('nobody')) throw new Refusal(550, `5.1.1 <${address}> is unknown here`);
    },
  });
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  const mail = await addMail({ email: 'nobody@example.com' });
  t.same(await sendDue(), ['refused']);
  t.equal(await outbox.count(), 0);
  t.match(lines[0], { mail: mail.id, failure: 'refused', reason: '550 5.1.1', attempts: 1 });
});

t.test('a mail with refused content is dropped, a deferred one is not', async (t) => {
  const clock = createClock();
  const replies = [new Refusal(451, '4.3.0 later'), new Refusal(554, '5.6.0 never')];
  const server = await startMailServer(t, {
    onMail() {
      throw replies.shift();
    },
  });
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue } = createMailer(t, { outbox, clock, smtpUrl: server.url });
  await addMail();
  t.same(await sendDue(), ['deferred']);
  clock.advance(MINUTE_MS);
  t.same(await sendDue(), ['refused']);
});

t.test('a refused sender or login counts as an outage', async (t) => {
  for (const [name, smtp, reason] of [
    [
      'sender',
      {
        onMailFrom: (_: unknown, __: unknown, done: (e: Error) => void) => done(new Refusal(550, '5.7.1 no')),
      },
      '550 5.7.1',
    ],
    [
      'login',
      {
        disabledCommands: ['STARTTLS'],
        onAuth: (_: unknown, __: unknown, done: (e: Error) => void) => done(new Refusal(535, '5.7.8 no')),
      },
      '535 5.7.8',
    ],
  ] as const) {
    await t.test(name, async (t) => {
      const clock = createClock();
      // The two handlers have different signatures.
      const server = await startMailServer(t, { smtp: smtp as never });
      const smtpUrl = server.url.replace('//', '//user:a-password@');
      const { outbox, addMail } = await openOutbox(t, clock);
      const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl });
      await addMail();
      t.same(await sendDue(), ['unreachable']);
      t.equal(await outbox.count(), 1);
      t.match(lines[0], { reason });
      t.notMatch(JSON.stringify(lines), 'a-password');
    });
  }
});

t.test('a delivery to a silent server is aborted', async (t) => {
  const clock = createClock();
  const url = await startTcpServer(t, () => {});
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: `${url}?greetingTimeout=50` });
  await addMail();
  t.same(await sendDue(), ['unreachable']);
  t.match(lines[0], { reason: 'ETIMEDOUT' });
  t.equal(await outbox.count(), 1);
});

t.test('a delivery that falls silent is aborted', async (t) => {
  const clock = createClock();
  const server = await startMailServer(t, { onMail: () => new Promise(() => {}) });
  const { outbox, addMail } = await openOutbox(t, clock);
  const { sendDue, lines } = createMailer(t, { outbox, clock, smtpUrl: `${server.url}?socketTimeout=100` });
  await addMail();
  t.same(await sendDue(), ['unreachable']);
  t.match(lines[0], { reason: 'ETIMEDOUT' });
  t.equal(await outbox.count(), 1);
});
