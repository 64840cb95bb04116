import t from 'tap';
import { accept, authenticate, createAccount, openTokens, toHex } from '../../support/api/accounts.js';
import { deriveToken } from '../../support/api/protocol-math.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);

async function readDevice(token: string) {
  const signer = { type: 'sessionToken', token } as const;
  const { devices } = accept(await send(server, '/v1/account/devices', { method: 'GET', signer }));
  return devices.find(({ isCurrentDevice }) => isCurrentDevice);
}

const DEVICES: [device: unknown, listed: { name: string | null; type: string | null }][] = [
  [
    { name: 'A phone', type: 'phone' },
    { name: 'A phone', type: 'phone' },
  ],
  [
    { name: 'A toaster', type: 'toaster' },
    { name: 'A toaster', type: 'other' },
  ],
  [
    { name: 'A phone', type: 'Phone' },
    { name: 'A phone', type: 'other' },
  ],
  [
    { name: 'A phone', type: '__proto__' },
    { name: 'A phone', type: 'other' },
  ],
  ...[
    null,
    'phone',
    5,
    [],
    {},
    { name: 'A phone' },
    { name: 'A phone', type: null },
    { name: 'A phone', type: 5 },
    { type: 'phone' },
    { name: null, type: 'phone' },
    { name: 'n'.repeat(256), type: 'phone' },
    { name: 'a\0b', type: 'phone' },
    { name: '\ud800', type: 'phone' },
  ].map((device): [unknown, { name: null; type: null }] => [device, { name: null, type: null }]),
];

t.test('a login never fails for its device', async (t) => {
  const account = await createAccount(server, { password: 'password' });
  for (const [device, listed] of DEVICES) {
    const token = await authenticate(server, account);
    const reply = await send(server, '/v1/session/create', {
      signer: { type: 'authToken', token },
      body: { device },
    });
    const { requestKey } = deriveToken('authToken', token);
    const [, sessionToken] = openTokens(requestKey, 'session/create', accept(reply).bundle);
    t.match(await readDevice(sessionToken), listed, JSON.stringify(device)?.slice(0, 40));
  }
  for (const [device, listed] of DEVICES.slice(1, 7)) {
    const body = { email: toHex(account.email), password: 'password', device };
    const { sessionToken } = accept(await send(server, '/v1/raw_password/session/create', { body }));
    t.match(await readDevice(sessionToken), listed, 'raw_password');
  }
});
