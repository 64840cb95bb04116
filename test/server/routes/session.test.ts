import t from 'tap';
import { accept, authenticate, createAccount, login, toHex } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { type Signer, send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t, { MAX_SESSIONS: '3' });

const asSession = (token: string): Signer => ({ type: 'sessionToken', token });
const listDevices = async (token: string) =>
  accept(await send(server, '/v1/account/devices', { method: 'GET', signer: asSession(token) })).devices;

t.test(
  'account/devices lists one device per session, marks the current one and has access times',
  async (t) => {
    const account = await createAccount(server);
    const phone = await login(server, account, { name: 'Foxy’s 🦊 phone', type: 'phone' });
    server.clock.advance(3600);
    const nameless = await login(server, account);
    const devices = await listDevices(nameless.sessionToken);
    t.match(devices, [
      { name: 'Foxy’s 🦊 phone', type: 'phone', isCurrentDevice: false },
      { name: null, type: null, isCurrentDevice: true },
    ]);
    for (const { id } of devices) t.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const [first, second] = devices.map(({ lastAccessTime }) => lastAccessTime as number) as [number, number];
    t.ok(second - first >= 3_600_000, 'in ms');
    t.match(await listDevices(phone.sessionToken), [{ isCurrentDevice: true }, { isCurrentDevice: false }]);

    await send(server, '/v1/session/destroy', { signer: asSession(phone.sessionToken) });
    t.match(await listDevices(nameless.sessionToken), [{ name: null }]);
    const reply = await send(server, '/v1/account/devices', {
      method: 'GET',
      signer: asSession(phone.sessionToken),
    });
    checkRefusal(t, reply, 401, 110);
  },
);

t.test('a login returns the uid and whether the address is verified', async (t) => {
  const account = await createAccount(server, { verified: false });
  t.match(await login(server, account), { uid: account.uid, verified: false });
  const verified = await createAccount(server);
  t.match(await login(server, verified), { uid: verified.uid, verified: true });
});

t.test('both login methods share the session limit of an account', async (t) => {
  const account = await createAccount(server, { password: 'password' });
  const credentials = { email: toHex(account.email), password: 'password' };
  const openRaw = () => send(server, '/v1/raw_password/session/create', { body: credentials });
  const first = await login(server, account);
  const raw = accept(await openRaw());
  await login(server, account);

  checkRefusal(t, await openRaw(), 403, 115);
  const token = await authenticate(server, account);
  const signer = { type: 'authToken', token } as const;
  checkRefusal(t, await send(server, '/v1/session/create', { signer }), 403, 115);
  t.comment('the authToken is consumed');
  checkRefusal(t, await send(server, '/v1/session/create', { signer }), 401, 110);
  t.equal((await listDevices(first.sessionToken)).length, 3);

  await send(server, '/v1/session/destroy', { signer: asSession(raw.sessionToken) });
  t.match(await login(server, account), { uid: account.uid });
  t.match(
    await login(server, await createAccount(server)),
    { verified: true },
    'other accounts are not affected',
  );
});

t.test('account/destroy removes everything of the account', async (t) => {
  const account = await createAccount(server, { password: 'password' });
  const { sessionToken, keyFetchToken } = await login(server, account);
  const [spent, left] = [await authenticate(server, account), await authenticate(server, account)];
  accept(await send(server, '/v1/account/destroy', { signer: { type: 'authToken', token: spent } }));
  for (const [path, method, signer] of [
    ['/v1/account/devices', 'GET', asSession(sessionToken)],
    ['/v1/account/keys', 'GET', { type: 'keyFetchToken', token: keyFetchToken }],
    ['/v1/account/destroy', 'POST', { type: 'authToken', token: left }],
  ] as const) {
    checkRefusal(t, await send(server, path, { method, signer }), 401, 110);
  }
  const email = toHex(account.email);
  checkRefusal(t, await send(server, '/v1/auth/start', { body: { email } }), 400, 102);
  const again = await createAccount(server, { email: account.email });
  t.not(again.uid, account.uid, 'the address is free for a new account');
});
