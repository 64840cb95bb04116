import { randomBytes } from 'node:crypto';
import { isApiError } from '../../../client/errors.js';
import { toHex } from '../../../protocol/hex.js';
import {
  type AccountState,
  created,
  destroyed,
  withoutSession,
  withPassword,
  withSession,
} from './account-state.js';
import type { Ways } from './customer.js';
import type { MailFolder } from './mail-folder.js';

export const KINDS = ['create', 'verify', 'login', 'logout', 'change', 'reset', 'destroy'] as const;
export type Kind = (typeof KINDS)[number];

/** The writing request of each operation, by login method. */
const WRITING_PATHS: Record<Ways['method'], Record<Kind, string>> = {
  srp: {
    create: '/v1/account/create',
    verify: '/v1/recovery_email/verify_code',
    login: '/v1/session/create',
    logout: '/v1/session/destroy',
    change: '/v1/account/reset',
    reset: '/v1/account/reset',
    destroy: '/v1/account/destroy',
  },
  raw: {
    create: '/v1/raw_password/account/create',
    verify: '/v1/recovery_email/verify_code',
    login: '/v1/raw_password/session/create',
    logout: '/v1/session/destroy',
    change: '/v1/raw_password/password/change',
    reset: '/v1/raw_password/password/reset',
    destroy: '/v1/account/destroy',
  },
};

/** An operation of a customer. */
export interface Operation {
  kind: Kind;
  path: string;
  /** Expected state when the operation was executed and its reply was lost. */
  after: AccountState;
  /** @returns the new state; `undefined` when the operation stopped before it wrote anything */
  run(): Promise<AccountState | undefined>;
}

export interface Matter {
  ways: Ways;
  email: string;
  /** Empty until the server has sent it. */
  uid: string;
  state: AccountState;
  mails: MailFolder;
  /** Whether the server was killed, so that no more mail arrives. */
  isOver: () => boolean;
}

export function prepare(kind: Kind, matter: Matter): Operation {
  const path = WRITING_PATHS[matter.ways.method][kind];
  return { kind, path, ...OPERATIONS[kind](matter) };
}

const OPERATIONS: Record<Kind, (matter: Matter) => Pick<Operation, 'after' | 'run'>> = {
  create(matter) {
    const { ways, email } = matter;
    const after = created(newPassword());
    const run = async () => {
      const { uid } = await (ways.method === 'raw' ? ways.raw : ways.srp).createAccount(
        email,
        after.password,
      );
      matter.uid = uid;
      return after;
    };
    return { after, run };
  },

  verify(matter) {
    const { ways, uid, state } = matter;
    const after = { ...state, verified: true };
    const run = async () => {
      const code = await readVerifyCode(matter);
      if (!code) return undefined;
      await ways.client.recoveryEmail.verifyCode(uid, code);
      return after;
    };
    return { after, run };
  },

  login({ ways, email, state }) {
    const after = { ...state, unheardSessions: state.unheardSessions + 1 };
    const run = async () => {
      if (ways.method === 'raw') {
        const { sessionToken } = await ways.raw.login(email, state.password);
        return withSession(state, sessionToken);
      }
      const login = await ways.srp.login(email, state.password, { name: 'Desktop', type: 'desktop' });
      return withSession(state, login.sessionToken);
    };
    return { after, run };
  },

  logout({ ways, state }) {
    const [token = ''] = state.sessions;
    const after = withoutSession(state, token);
    const run = async () => {
      await ways.client.session.destroy(token);
      return after;
    };
    return { after, run };
  },

  change({ ways, email, state }) {
    const after = withPassword(state, newPassword(), true);
    const run = async () => {
      if (ways.method === 'raw') {
        await ways.raw.changePassword(email, state.password, after.password);
        return after;
      }
      const { kA, kB } = await ways.srp.changePassword(email, state.password, after.password);
      const keys = { kA: toHex(kA), kB: toHex(kB) };
      if (keys.kA !== (state.kA ?? keys.kA) || keys.kB !== (state.kB ?? keys.kB)) {
        throw new Error('the keys given for a change of password are others');
      }
      return { ...after, ...keys };
    };
    return { after, run };
  },

  reset(matter) {
    const { ways, email, state } = matter;
    const after = withPassword(state, newPassword(), false);
    const run = async () => {
      const accountResetToken = await recover(matter);
      if (!accountResetToken) return undefined;
      if (ways.method === 'raw') await ways.raw.resetPassword(accountResetToken, after.password);
      else await ways.srp.resetPassword(email, accountResetToken, after.password);
      return after;
    };
    return { after, run };
  },

  destroy({ ways, email, state }) {
    const after = destroyed(state);
    const run = async () => {
      await ways.srp.destroyAccount(email, state.password);
      return after;
    };
    return { after, run };
  },
};

/** After a kill, a claimed mail waits for minutes, so this requests another one. */
async function readVerifyCode({ ways, uid, state, mails, isOver }: Matter): Promise<string | undefined> {
  const [code] = await mails.list('X-Verify-Code', uid);
  const [token] = state.sessions;
  if (code || !token) return code;
  await ways.client.recoveryEmail.resendCode(token);
  return mails.next('X-Verify-Code', uid, 0, isOver);
}

/** @returns an accountResetToken; `undefined` when the server was killed before a code arrived */
async function recover({ ways, email, uid, mails, isOver }: Matter): Promise<string | undefined> {
  for (let known = (await mails.list('X-Recovery-Code', uid)).length; ; known++) {
    const { forgotPasswordToken } = await ways.srp.sendRecoveryCode(email);
    const code = await mails.next('X-Recovery-Code', uid, known, isOver);
    if (!code) return undefined;
    try {
      return await ways.srp.verifyRecoveryCode(forgotPasswordToken, code);
    } catch (error) {
      // The mail precedes the last kill.
      if (!isApiError(error, 'invalidCode')) throw error;
    }
  }
}

function newPassword(): string {
  return `pässword ${randomBytes(6).toString('hex')}`;
}
