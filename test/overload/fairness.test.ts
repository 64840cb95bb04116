import t, { type Test } from 'tap';
import type { Reply } from '../api/send.js';
import { startServer, type TestServer } from '../api/start-server.js';
import { createAccounts, rawLogin } from './raw-logins.js';
import { until } from './until.js';

const GREEDY_LOGINS = 40;
/** Two that are on a core, two that the newcomer may share one with, and two for what the queue cannot know. */
const A_COUPLE = 6;

/** Lets a login come in when many others wait, and counts how many of those are answered before it. */
async function countServedBefore(
  server: TestServer,
  greedy: (i: number) => Promise<Reply>,
  modest: () => Promise<Reply>,
): Promise<{ before: number; status: number; greedyStatuses: number[] }> {
  const { queue } = server.services.stretcher;
  let answered = 0;
  const greedyReplies = Array.from({ length: GREEDY_LOGINS }, async (_, i) => {
    const reply = await greedy(i);
    answered++;
    return reply.status;
  });
  await until(() => queue.waiting >= GREEDY_LOGINS / 2);
  const answeredAtFirst = answered;
  const { status } = await modest();
  const before = answered - answeredAtFirst;
  return { before, status, greedyStatuses: await Promise.all(greedyReplies) };
}

function startPatientServer(t: Test): Promise<TestServer> {
  return startServer(t, { TRUST_PROXY: 'loopback', STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '100' });
}

t.test('one login is served soon, however many another sender has waiting', async (t) => {
  const server = await startPatientServer(t);
  const [mine = '', ...others] = await createAccounts(server, 4);

  for (const [sender, addressOf] of Object.entries({
    'from one address': () => '192.0.2.1',
    'from all over an IPv6 /64': (i: number) => `2001:db8:0:7:${i.toString(16)}::1`,
  })) {
    await t.test(sender, async (t) => {
      const { before, status, greedyStatuses } = await countServedBefore(
        server,
        (i) => rawLogin(server, others[i % others.length] as string, addressOf(i)),
        () => rawLogin(server, mine, '198.51.100.1'),
      );
      t.equal(status, 200);
      t.ok(before <= A_COUPLE, `${before} of ${GREEDY_LOGINS} were served before`);
      t.ok(
        greedyStatuses.every((greedyStatus) => greedyStatus === 200),
        'the others are served as well',
      );
    });
  }

  await t.test('for the same account', async (t) => {
    const { before, status, greedyStatuses } = await countServedBefore(
      server,
      () => rawLogin(server, mine, '192.0.2.1', { password: 'a wrong one' }),
      () => rawLogin(server, mine, '198.51.100.1'),
    );
    t.equal(status, 200);
    t.ok(before <= A_COUPLE, `${before} of ${GREEDY_LOGINS} were served before`);
    t.ok(greedyStatuses.every((greedyStatus) => greedyStatus === 400));
  });
});
