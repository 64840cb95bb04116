import { randomBytes, randomUUID } from 'node:crypto';
import t from 'tap';
import {
  accountBody,
  createAccount,
  makeEmail,
  SRP_TYPE,
  STRETCHING,
  toHex,
} from '../../support/api/accounts.js';
import { checkRefusal } from '../../support/api/check-refusal.js';
import { obtainToken, resetBody } from '../../support/api/endpoints.js';
import { WRONG, withMember } from '../../support/api/parameters.js';
import type { TokenType } from '../../support/api/protocol-math.js';
import { send } from '../../support/api/send.js';
import { startServer } from '../../support/api/start-server.js';
import { countByDepth } from '../../support/run/depth.js';

type Parameters = Record<string, unknown[]>;

const PASSWORD_STRETCHING: Parameters = {
  passwordStretching: ['x', 5, null],
  'passwordStretching.type': WRONG.stretchingType,
  'passwordStretching.PBKDF2_rounds_1': WRONG.rounds,
  'passwordStretching.scrypt_N': WRONG.scryptN,
  'passwordStretching.scrypt_r': WRONG.scryptR,
  'passwordStretching.scrypt_p': WRONG.scryptP,
  'passwordStretching.PBKDF2_rounds_2': WRONG.rounds,
  'passwordStretching.salt': WRONG.salt,
};

const server = await startServer(t);
const newEmail = makeEmail();
const account = await createAccount(server);
const email = toHex(account.email);

const OPEN: [path: string, body: object, parameters: Parameters][] = [
  [
    '/v1/account/create',
    accountBody(newEmail, randomBytes(32)),
    {
      email: WRONG.email,
      srp: ['x', 5, null],
      'srp.type': WRONG.srpType,
      'srp.verifier': WRONG.verifier,
      'srp.salt': WRONG.salt,
      ...PASSWORD_STRETCHING,
    },
  ],
  ['/v1/auth/start', { email }, { email: WRONG.email }],
  [
    '/v1/auth/finish',
    { srpToken: randomUUID(), A: 'ab'.repeat(256), M: 'ab'.repeat(32) },
    { srpToken: WRONG.uuid, A: WRONG.A, M: WRONG.proof },
  ],
  [
    '/v1/raw_password/account/create',
    { email: toHex(newEmail), password: 'password' },
    { email: WRONG.email, password: WRONG.password },
  ],
  [
    '/v1/raw_password/session/create',
    { email, password: 'password' },
    { email: WRONG.email, password: WRONG.password },
  ],
  [
    '/v1/raw_password/password/change',
    { email, oldPassword: 'password', newPassword: 'another' },
    { email: WRONG.email, oldPassword: WRONG.password, newPassword: WRONG.password },
  ],
  [
    '/v1/recovery_email/verify_code',
    { uid: account.uid, code: 'ab'.repeat(32) },
    { uid: WRONG.uuid, code: WRONG.code },
  ],
  ['/v1/password/forgot/send_code', { email }, { email: WRONG.email }],
];

for (const [path, body, parameters] of OPEN) {
  t.test(`${path} names a missing or invalid parameter`, async (t) => {
    for (const { param, errno, changed } of listCases(body, parameters)) {
      checkRefusal(t, await send(server, path, { body: changed }), 400, errno, { param });
    }
  });
}

t.test('requests with invalid parameters create nothing', async (t) => {
  checkRefusal(t, await send(server, '/v1/auth/start', { body: { email: toHex(newEmail) } }), 400, 102);
});

const SIGNED: [path: string, type: TokenType, body: (token: string) => object, parameters: Parameters][] = [
  [
    '/v1/account/reset',
    'accountResetToken',
    (token) => resetBody(token, account.email),
    {
      bundle: WRONG.bundle,
      'srp.type': WRONG.srpType,
      'srp.salt': WRONG.salt,
      'passwordStretching.type': WRONG.stretchingType,
      'passwordStretching.PBKDF2_rounds_1': [1, '20000'],
      'passwordStretching.scrypt_N': [2 ** 30],
      'passwordStretching.scrypt_r': [1024],
      'passwordStretching.scrypt_p': [64],
      'passwordStretching.PBKDF2_rounds_2': [1, 2 ** 31],
      'passwordStretching.salt': WRONG.salt,
    },
  ],
  [
    '/v1/raw_password/password/reset',
    'accountResetToken',
    () => ({ newPassword: 'another' }),
    { newPassword: WRONG.password },
  ],
];

for (const [path, type, makeBody, parameters] of SIGNED) {
  t.test(`${path} names a missing or invalid parameter, and consumes its token`, async (t) => {
    const cases = listCases(makeBody('00'.repeat(32)), parameters, countByDepth(1, Number.POSITIVE_INFINITY));
    for (const { param, errno, changed } of cases) {
      const { token } = await obtainToken(server, account, type);
      const call = { signer: { type, token }, body: changed };
      checkRefusal(t, await send(server, path, call), 400, errno, { param });
      t.match(await send(server, path, { ...call, body: makeBody(token) }), {
        status: 401,
        body: { errno: 110 },
      });
    }
  });
}

t.test('malformed codes and addresses use no try of a forgotPasswordToken', async (t) => {
  const { token, code } = await obtainToken(server, account, 'forgotPasswordToken');
  const signer = { type: 'forgotPasswordToken', token } as const;
  for (const { param, errno, changed } of listCases({ code }, { code: WRONG.code })) {
    const reply = await send(server, '/v1/password/forgot/verify_code', { signer, body: changed });
    checkRefusal(t, reply, 400, errno, { param });
  }
  for (const { param, errno, changed } of listCases({ email }, { email: WRONG.email })) {
    const reply = await send(server, '/v1/password/forgot/resend_code', { signer, body: changed });
    checkRefusal(t, reply, 400, errno, { param });
  }
  const another = await createAccount(server);
  const body = { email: toHex(another.email) };
  const reply = await send(server, '/v1/password/forgot/resend_code', { signer, body });
  checkRefusal(t, reply, 400, 107, { param: 'email' });
  const resent = await send(server, '/v1/password/forgot/resend_code', { signer, body: { email } });
  t.match(resent.body, { tries: 3 });
});

t.test('a missing parameter is reported before an invalid one, in any order', async (t) => {
  const [path, body] = OPEN[0] as [string, object, Parameters];
  const changed = withMember(withMember(body, 'email', 'zz'), 'passwordStretching.salt', undefined);
  checkRefusal(t, await send(server, path, { body: changed }), 400, 108, {
    param: 'passwordStretching.salt',
  });
});

t.test('members of a prototype are not parameters', async (t) => {
  const inherited = `{"__proto__": ${JSON.stringify({ email })}, "constructor": {"prototype": {"email": "${email}"}}}`;
  checkRefusal(t, await send(server, '/v1/auth/start', { body: inherited }), 400, 108, { param: 'email' });
  t.equal(({} as { email?: string }).email, undefined);
});

t.test('unknown members are ignored, and hex is accepted in either case', async (t) => {
  const body = { email: email.toUpperCase(), srp: { type: 'unknown' }, constructor: null, 'a.b': { c: [] } };
  t.equal((await send(server, '/v1/auth/start', { body })).status, 200);
  const upper = {
    email: toHex(makeEmail()).toUpperCase(),
    srp: { type: SRP_TYPE, verifier: `${'AB'.repeat(255)}0C`, salt: 'AB'.repeat(32) },
    passwordStretching: { ...STRETCHING, salt: 'CD'.repeat(32) },
  };
  t.equal((await send(server, '/v1/account/create', { body: upper })).status, 200);
});

function* listCases(body: object, parameters: Parameters, most = Number.POSITIVE_INFINITY) {
  for (const [name, wrongValues] of Object.entries(parameters)) {
    const param = name.replace('?', '');
    if (param === name) yield { param, errno: 108, changed: withMember(body, param, undefined) };
    for (const value of wrongValues.slice(0, most))
      yield { param, errno: 107, changed: withMember(body, param, value) };
  }
}
