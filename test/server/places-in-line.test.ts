import t from 'tap';
import type { StretchPlace } from '../../workers/stretch-queue.js';
import { makeEmail } from '../support/api/accounts.js';
import { createAccounts, loginBody, rawLogin } from '../support/api/raw-logins.js';
import { send } from '../support/api/send.js';
import { startServer, type TestServer } from '../support/api/start-server.js';

/** Takes all the room there is. */
function takeRoom({ services: { stretcher } }: TestServer): StretchPlace[] {
  const places: StretchPlace[] = [];
  for (;;) {
    const other = `other ${places.length}`;
    try {
      places.push(stretcher.keepPlace({ source: other, account: other }));
    } catch {
      return places;
    }
  }
}

/** How many more would be admitted now. */
function countRoom(server: TestServer): number {
  const places = takeRoom(server);
  for (const place of places) place.leave();
  return places.length;
}

t.test('what is refused before its stretch keeps no place in line', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '1' });
  const [email = ''] = await createAccounts(server, 1);
  // From here on nothing changes how long a stretch is expected to take.
  await server.services.stretcher.ready();
  const room = countRoom(server);
  t.ok(room > 0);
  for (let i = 0; i < 2 * room; i++) {
    t.match((await rawLogin(server, makeEmail(), '127.0.0.1')).body, { errno: 102 });
    const body = loginBody(email);
    t.match((await send(server, '/v1/raw_password/account/create', { body })).body, { errno: 101 });
  }
  t.equal(countRoom(server), room);
});

t.test('a login whose place was kept is served, whoever took the room meanwhile', async (t) => {
  const server = await startServer(t, { STRETCH_THREADS: '1', STRETCH_MAX_WAIT: '20' });
  const [email = ''] = await createAccounts(server, 1);
  const { accounts } = server.services.storage;
  const find = accounts.findByEmail.bind(accounts);
  let taken: StretchPlace[] = [];
  accounts.findByEmail = async (address) => {
    const account = await find(address);
    taken = takeRoom(server);
    return account;
  };
  t.equal((await rawLogin(server, email, '127.0.0.1')).status, 200);
  t.ok(taken.length > 0);
  takeRoom(server);
  t.match((await rawLogin(server, email, '127.0.0.1')).body, { errno: 201 });
});
