import { randomBytes } from 'node:crypto';
import t from 'tap';
import { authenticate, createAccount } from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { obtainToken, resetBody } from '../../support/api/endpoints.js';
import { deriveToken, N, pad, sealBundle } from '../../support/api/protocol-math.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';

const server = await startServer(t);

const withVerifier = (verifier: bigint) => (token: string) => {
  const { requestKey } = deriveToken('accountResetToken', token);
  return sealBundle(requestKey, 'account/reset', Buffer.concat([randomBytes(32), pad(verifier)]));
};

const BUNDLES: Record<string, (token: string, bundle: string) => string> = {
  'of another token': () => resetBody(randomBytes(32).toString('hex'), 'a@example.org').bundle,
  'with a changed bit': (_, bundle) => `${bundle[0] === '0' ? '1' : '0'}${bundle.slice(1)}`,
  'with a changed MAC': (_, bundle) => `${bundle.slice(0, -1)}${bundle.endsWith('0') ? '1' : '0'}`,
  'with the verifier 0': withVerifier(0n),
  'with the verifier N': withVerifier(N),
};

for (const [kind, makeBundle] of Object.entries(BUNDLES)) {
  t.test(`account/reset refuses a bundle ${kind}, and the password stays`, async (t) => {
    const account = await createAccount(server);
    const { token } = await obtainToken(server, account, 'accountResetToken');
    const body = resetBody(token, account.email);
    const signer = { type: 'accountResetToken', token } as const;
    const call = { signer, body: { ...body, bundle: makeBundle(token, body.bundle) } };
    checkRefusal(t, await send(server, '/v1/account/reset', call), 400, 107, { param: 'bundle' });
    t.match(await authenticate(server, account), /^[0-9a-f]{64}$/);
  });
}
