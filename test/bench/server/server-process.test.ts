import t from 'tap';
import { createSrpAccount, sessionCredentials, verifyAccounts } from '../../../bench/load/accounts.js';
import { CERTIFICATE_REQUEST } from '../../../bench/load/certificate-request.js';
import { signed } from '../../../bench/load/requests.js';
import { Sender } from '../../../bench/load/sender.js';
import { logIn } from '../../../bench/load/srp-login.js';
import { startServer } from '../../../bench/server/server-process.js';

t.test(
  'a server of the bench serves a login and a certificate, is measured, and ends in order',
  async (t) => {
    const server = await startServer({ settings: { STRETCH_THREADS: '1' }, probe: true });
    const sender = new Sender(server.url, 1);
    const account = await createSrpAccount(server);
    await verifyAccounts(server, [account]);
    await server.probe?.resetDelay();
    const session = sessionCredentials(await logIn(server.url, sender, account));
    const certificate = signed(server.url, '/v1/certificate/sign', session, CERTIFICATE_REQUEST);
    t.match((await sender.sendOk(certificate)).body, '"cert":');
    const delay = await server.probe?.readDelay();
    t.ok(delay && delay.p50Ms >= 0 && delay.p50Ms <= delay.maxMs);
    t.ok(server.cpuSeconds() > 0);
    t.ok(server.memory().peakMib > 50);
    sender.close();
    t.equal(await server.stop(), 0);
  },
);

t.test('a server that does not start says why', async (t) => {
  await t.rejects(startServer({ settings: { STRETCH_THREADS: 'many' } }), {
    message: /did not start:\n.*STRETCH_THREADS/s,
  });
});
