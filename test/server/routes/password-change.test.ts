import t from 'tap';
import type { StretchOrder } from '../../../workers/stretch-queue.js';
import { createAccounts, loginBody, PASSWORD } from '../../support/api/raw-logins.js';
import { send } from '../../support/api/send.js';
import { startServer, type TestServer } from '../../support/api/start-server.js';
import { knownRequest } from '../../support/workers/stretch-request.js';

/** Lets others come until an order would be refused for them. @returns how many came */
function fillQueue({ services: { stretcher } }: TestServer, order: StretchOrder): number {
  for (let others = 0; ; others++) {
    try {
      stretcher.keepPlace(order).leave();
    } catch {
      return others;
    }
    const other = { source: `other ${others}`, account: `other ${others}` };
    // Those that the end of the test cuts off are nobody's.
    stretcher.queue.submit(knownRequest(), other).catch(() => {});
  }
}

t.test('a password change that was admitted is not refused half-way', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '1' });
  const { stretcher } = server.services;
  const [email = ''] = await createAccounts(server, 1);
  const stretch = stretcher.stretch.bind(stretcher);
  const came: number[] = [];
  stretcher.stretch = (request, order) => {
    if (came.length === 0) came.push(0);
    else came.push(fillQueue(server, { ...order, admitted: false }));
    return stretch(request, order);
  };
  const { email: hex } = loginBody(email);
  const body = { email: hex, oldPassword: PASSWORD, newPassword: 'a new one' };
  t.equal((await send(server, '/v1/raw_password/password/change', { body })).status, 200);
  t.equal(came.length, 2, 'it takes two stretches');
  t.ok((came[1] as number) > 0, 'before the second there was no room left');
});
