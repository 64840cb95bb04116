import { randomBytes, randomUUID } from 'node:crypto';
import { loadConfig } from '../../../config/load.js';
import { toHex } from '../../../protocol/hex.js';
import { createAccount } from '../../../server/accounts/account-creation.js';
import { openSession } from '../../../server/accounts/sessions.js';
import { issueToken, TOKEN_LIFE_S } from '../../../server/authentication/tokens.js';
import { startKeyServer } from '../../../server/key-server.js';
import { createLogger } from '../../../server/logs/log.js';
import type { Account } from '../../../storage/account-rows.js';
import { resetBody } from '../api/endpoints.js';
import type { TokenType } from '../api/protocol-math.js';
import type { Signer, Target } from '../api/send.js';
import { createClock, makeDataDir } from '../api/start-server.js';
import type { Teardown } from '../services/service-process.js';

export const ADDRESSES = Array.from({ length: 20 }, (_, i) => `user-${i}@example.org`);

/** An account that does not exist. */
export const NOBODY = -1;

/** No case guesses this code on purpose. */
const CODE = '31415926';

export interface FuzzedServer extends Target {
  /**
   * Issues a token for an account.
   * @param account the account's position in the list of addresses; `NOBODY` for an unknown account
   */
  issue(type: TokenType, account: number): Promise<Signer>;
  /** Returns the members that require knowledge of the account. */
  fit(path: string, account: number, signer: Signer | undefined): Promise<object>;
  forgetTokens(): Promise<void>;
  errors: string[];
}

export async function startFuzzedServer(t: Teardown): Promise<FuzzedServer> {
  const env = {
    PORT: '0',
    RATE_LIMITS: 'off',
    STRETCH_MAX_WAIT: '3600',
    STRETCH_NICE: '0',
    MAX_SESSIONS: '1000000',
  };
  const errors: string[] = [];
  // Keep only errors: all log lines would fill the memory.
  const write = (line: string) => void (/"level":"(error|fatal)"/.test(line) && errors.push(line));
  const server = await startKeyServer({
    config: loadConfig({ ...env, DATA_DIR: await makeDataDir(t) }),
    log: createLogger('trace', { write }),
  });
  t.teardown(() => server.close());
  const { services } = server;

  const nobody = randomUUID();
  for (const email of ADDRESSES) await findOrCreate(email);

  return {
    url: server.url,
    publicUrl: services.config.publicUrl,
    clock: createClock(),
    errors,
    async issue(type, number) {
      const email = ADDRESSES[number];
      const { uid, generation } = email ? await findOrCreate(email) : { uid: nobody, generation: 1 };
      return { type, token: toHex(await mint(type, { uid, generation })) };
    },
    async fit(path, number, signer) {
      const account = await findOrCreate(ADDRESSES[number] ?? (ADDRESSES[0] as string));
      switch (path) {
        case '/v1/account/reset':
          return { bundle: resetBody(signer?.token ?? '', account.email).bundle };
        case '/v1/auth/finish':
          return { srpToken: await startExchange(account) };
        case '/v1/recovery_email/verify_code':
          return { uid: account.uid, code: account.verifyCode };
        case '/v1/password/forgot/resend_code':
          return { email: Buffer.from(account.email).toString('hex') };
        case '/v1/password/forgot/verify_code':
          return { code: CODE };
        default:
          return {};
      }
    },
    async forgetTokens() {
      const accounts = await Promise.all(ADDRESSES.map(findOrCreate));
      for (const { uid } of [{ uid: nobody }, ...accounts]) await services.storage.tokens.forgetAccount(uid);
    },
  };

  /** Cases delete accounts that other cases need. */
  async function findOrCreate(email: string): Promise<Account> {
    const { accounts } = services.storage;
    const account = await accounts.findByEmail(email);
    if (account?.verifiedAt) return account;
    const material = {
      // Below N, as account/create requires.
      verifier: randomBytes(256).fill(0x42, 0, 1),
      srpSalt: randomBytes(32),
      stretchingSalt: randomBytes(32),
    };
    if (account) await accounts.markVerified(account.uid, services.now());
    // A parallel case may have created it.
    else await createAccount(services, email, material, 'en').catch(() => {});
    return findOrCreate(email);
  }

  async function startExchange({ uid, generation, verifier }: Account): Promise<string> {
    const { b, B } = await services.cryptoPool.run('srpStart', { verifier }, { source: '' });
    const exchange = { uid, generation, verifier: toHex(verifier), b: toHex(b), B: toHex(B) };
    const srpToken = randomUUID();
    await services.storage.tokens.put('srpToken', srpToken, exchange, TOKEN_LIFE_S.srpToken);
    return srpToken;
  }

  async function mint(type: TokenType, facts: { uid: string; generation: number }): Promise<Uint8Array> {
    switch (type) {
      case 'sessionToken':
        return openSession(services, facts, undefined, new AbortController().signal).then(
          ({ sessionToken }) => sessionToken,
          () => randomBytes(32),
        );
      case 'authToken':
        return (await issueToken(services, type, { ...facts, authAt: services.now() })).token;
      case 'forgotPasswordToken':
        return (await issueToken(services, type, { ...facts, code: CODE })).token;
      default:
        return (await issueToken(services, type, facts)).token;
    }
  }
}
