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
import type { Clients } from './customer.js';
import type { MailFolder } from './mail-folder.js';

export const KINDS = ['create', 'verify', 'login', 'logout', 'change', 'reset', 'destroy'] as const;
export type Kind = (typeof KINDS)[number];

const WRITING_PATHS: Record<Clients['method'], Record<Kind, string>> = {
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

export interface Operation {
  kind: Kind;
  path: string;
  /** The state if the operation was executed and its reply was lost. */
  after: AccountState;
  /** Returns `undefined` when it stopped before it wrote anything. */
  run(): Promise<AccountState | undefined>;
}

export interface OperationInput {
  clients: Clients;
  email: string;
  /** Empty until the server has sent it. */
  uid: string;
  state: AccountState;
  mails: MailFolder;
  isOver: () => boolean;
}

export function prepare(kind: Kind, input: OperationInput): Operation {
  const path = WRITING_PATHS[input.clients.method][kind];
  return { kind, path, ...OPERATIONS[kind](input) };
}

const OPERATIONS: Record<Kind, (input: OperationInput) => Pick<Operation, 'after' | 'run'>> = {
  create(input) {
    const { clients, email } = input;
    const after = created(newPassword());
    const run = async () => {
      const { uid } = await (clients.method === 'raw' ? clients.raw : clients.srp).createAccount(
        email,
        after.password,
      );
      input.uid = uid;
      return after;
    };
    return { after, run };
  },

  verify(input) {
    const { clients, uid, state } = input;
    const after = { ...state, verified: true };
    const run = async () => {
      const code = await readVerifyCode(input);
      if (!code) return undefined;
      await clients.client.recoveryEmail.verifyCode(uid, code);
      return after;
    };
    return { after, run };
  },

  login({ clients, email, state }) {
    const after = { ...state, unheardSessions: state.unheardSessions + 1 };
    const run = async () => {
      if (clients.method === 'raw') {
        const { sessionToken } = await clients.raw.login(email, state.password);
        return withSession(state, sessionToken);
      }
      const login = await clients.srp.login(email, state.password, { name: 'Desktop', type: 'desktop' });
      return withSession(state, login.sessionToken);
    };
    return { after, run };
  },

  logout({ clients, state }) {
    const [token = ''] = state.sessions;
    const after = withoutSession(state, token);
    const run = async () => {
      await clients.client.session.destroy(token);
      return after;
    };
    return { after, run };
  },

  change({ clients, email, state }) {
    const after = withPassword(state, newPassword(), true);
    const run = async () => {
      if (clients.method === 'raw') {
        await clients.raw.changePassword(email, state.password, after.password);
        return after;
      }
      const { kA, kB } = await clients.srp.changePassword(email, state.password, after.password);
      const keys = { kA: toHex(kA), kB: toHex(kB) };
      if (keys.kA !== (state.kA ?? keys.kA) || keys.kB !== (state.kB ?? keys.kB)) {
        throw new Error('a password change returned other keys');
      }
      return { ...after, ...keys };
    };
    return { after, run };
  },

  reset(input) {
    const { clients, email, state } = input;
    const after = withPassword(state, newPassword(), false);
    const run = async () => {
      const accountResetToken = await recover(input);
      if (!accountResetToken) return undefined;
      if (clients.method === 'raw') await clients.raw.resetPassword(accountResetToken, after.password);
      else await clients.srp.resetPassword(email, accountResetToken, after.password);
      return after;
    };
    return { after, run };
  },

  destroy({ clients, email, state }) {
    const after = destroyed(state);
    const run = async () => {
      await clients.srp.destroyAccount(email, state.password);
      return after;
    };
    return { after, run };
  },
};

/** After a kill, a claimed mail waits for minutes, so this requests another one. */
async function readVerifyCode({
  clients,
  uid,
  state,
  mails,
  isOver,
}: OperationInput): Promise<string | undefined> {
  const [code] = await mails.list('X-Verify-Code', uid);
  const [token] = state.sessions;
  if (code || !token) return code;
  await clients.client.recoveryEmail.resendCode(token);
  return mails.next('X-Verify-Code', uid, 0, isOver);
}

/** Returns `undefined` when the server was killed before a code arrived. */
async function recover({ clients, email, uid, mails, isOver }: OperationInput): Promise<string | undefined> {
  for (let known = (await mails.list('X-Recovery-Code', uid)).length; ; known++) {
    const { forgotPasswordToken } = await clients.srp.sendRecoveryCode(email);
    const code = await mails.next('X-Recovery-Code', uid, known, isOver);
    if (!code) return undefined;
    try {
      return await clients.srp.verifyRecoveryCode(forgotPasswordToken, code);
    } catch (error) {
      // The mail precedes the last kill.
      if (!isApiError(error, 'invalidCode')) throw error;
    }
  }
}

function newPassword(): string {
  return `pässword ${randomBytes(6).toString('hex')}`;
}
