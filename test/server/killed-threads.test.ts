import t from 'tap';
import { createAccounts, rawLogin } from '../support/api/raw-logins.js';
import type { Reply } from '../support/api/send.js';
import { startServer } from '../support/api/start-server.js';
import { waitUntil } from '../support/wait-until.js';

t.test('a dying stretch thread fails only its requests, and is replaced', async (t) => {
  const server = await startServer(t, {
    TRUST_PROXY: 'loopback',
    STRETCH_THREADS: '2',
    STRETCH_MAX_WAIT: '3600',
  });
  const { stretcher } = server.services;
  await stretcher.ready();
  const emails = await createAccounts(server, 2);
  const replies = Array.from({ length: 16 }, (_, i) =>
    rawLogin(server, emails[i % emails.length] as string, `192.0.2.${i}`),
  );
  await waitUntil(() => stretcher.queue.waiting >= 4);
  const [victim] = stretcher.threads;
  await victim?.terminate();

  const answered = await Promise.all(replies);
  const failed = answered.filter(({ status }) => status !== 200);
  t.ok(failed.length >= 1 && failed.length <= 4, `${failed.length} failed: at most one group`);
  for (const { status, headers, body } of failed) {
    t.match({ status, body }, { status: 503, body: { errno: 201, retryAfter: Number } });
    t.equal(headers['retry-after'], String(body.retryAfter));
  }
  t.equal(stretcher.threads.length, 2);
  t.notOk(stretcher.threads.includes(victim as (typeof stretcher.threads)[number]));
  const again = await Promise.all(emails.map((email, i) => rawLogin(server, email, `198.51.100.${i}`)));
  t.ok(again.every(({ status }: Reply) => status === 200));
});

t.test('after the death of all threads the next login is served', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '2', STRETCH_MAX_WAIT: '3600' });
  const [email = ''] = await createAccounts(server, 1);
  await Promise.all(server.services.stretcher.threads.map((thread) => thread.terminate()));
  t.equal((await rawLogin(server, email, '192.0.2.1')).status, 200);
});
