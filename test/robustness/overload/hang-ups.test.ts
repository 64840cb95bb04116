import t from 'tap';
import { RawConnection, writeGet, writePost } from '../../support/api/raw-connection.js';
import { createAccounts, loginBody } from '../../support/api/raw-logins.js';
import { startServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

const ROUNDS = 20;
const CONNECTIONS = 100;
const PIPELINED = 8;
const LOGIN = '/v1/raw_password/session/create';

t.test(
  'of logins whose clients have hung up none starts, and health checks do not wait for them',
  async (t) => {
    const server = await startServer(t);
    const [email = ''] = await createAccounts(server, 1);
    const started = () => server.logLines.filter((line) => line.includes(LOGIN)).length;
    const logins = writePost(LOGIN, loginBody(email, 'a wrong password')).repeat(PIPELINED);
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(
        Array.from({ length: CONNECTIONS }, async () => {
          const connection = await RawConnection.open(server.url);
          connection.write(logins);
          connection.hangUp();
        }),
      );
      const probe = await RawConnection.open(server.url);
      probe.write(writeGet('/__lbheartbeat__', { Connection: 'close' }));
      t.equal((await probe.readReply())?.status, 200);
    }
    t.equal(started(), 0, `of ${ROUNDS * CONNECTIONS * PIPELINED}`);
  },
);

t.test(
  'an admitted login whose body does not arrive is dropped, before the timeout of requests',
  async (t) => {
    const server = await startServer(t);
    const { inFlight } = server.services;
    const connection = await RawConnection.open(server.url);
    connection.write(writePost(LOGIN, loginBody('somebody@example.com')).slice(0, -1));
    await waitUntil(() => inFlight.countAhead('') === 1);
    await connection.closed();
    t.equal(connection.received, '', 'a request that times out gets an error');
    await waitUntil(() => inFlight.countAhead('') === 0);
  },
);
