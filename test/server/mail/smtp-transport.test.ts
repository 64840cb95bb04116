import t from 'tap';
import { createMailTransport } from '../../../server/mail/create-transport.js';
import { renderMail } from '../../../server/mail/render-mail.js';
import { createSmtpTransport } from '../../../server/mail/smtp-transport.js';
import { startMailServer } from '../../support/mail/mail-server.js';
import { FROM, PUBLIC_URL } from '../../support/mail/outbox-fixture.js';

const mail = renderMail(
  {
    id: 'mail-id',
    uid: 'uid',
    kind: 'verify',
    email: 'me@example.com',
    code: 'c0de',
    locale: 'en',
    createdAt: 0,
  },
  { from: FROM, publicUrl: PUBLIC_URL },
);

t.test('verify reports whether a mail server replies', async (t) => {
  const server = await startMailServer(t);
  const transport = createMailTransport({ smtpUrl: server.url, directory: '' });
  t.teardown(() => transport.close());
  await transport.verify();
  await server.stop();
  await t.rejects(transport.verify(), { code: 'MAIL_DELIVERY', failure: 'unreachable', reason: 'ESOCKET' });
});

t.test('user and password of the URL are used to log in', async (t) => {
  const logins: unknown[] = [];
  const server = await startMailServer(t, {
    smtp: {
      disabledCommands: ['STARTTLS'],
      onAuth({ username, password }, _session, done) {
        logins.push([username, password]);
        done(null, { user: username });
      },
    },
  });
  const transport = createMailTransport({
    smtpUrl: server.url.replace('//', '//us%40er:pass%3Aword@'),
    directory: '',
  });
  t.teardown(() => transport.close());
  await transport.send(mail);
  t.same(logins, [['us@er', 'pass:word']]);
  t.equal(server.received.length, 1);
});

t.test('an endless delivery that is never silent is aborted', async (t) => {
  const server = await startMailServer(t, { onMail: () => new Promise(() => {}) });
  const transport = createSmtpTransport(server.url, 50);
  t.teardown(() => transport.close());
  await t.rejects(transport.send(mail), { code: 'MAIL_DELIVERY', failure: 'unreachable', reason: 'EABORT' });
});

t.test('close aborts an open delivery', async (t) => {
  let arrive = () => {};
  const arriving = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const server = await startMailServer(t, {
    onMail() {
      arrive();
      return new Promise(() => {});
    },
  });
  const transport = createSmtpTransport(server.url);
  const failed = t.rejects(transport.send(mail), { code: 'MAIL_DELIVERY', failure: 'unreachable' });
  await arriving;
  transport.close();
  await failed;
});
