import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionError, isApiError } from '../../../client/errors.js';
import { type AccountState, NOT_THERE } from './account-state.js';
import { type LoginMethod, openClients } from './customer.js';
import type { Load } from './load.js';
import type { MailFolder } from './mail-folder.js';
import { type Kind, type Operation, prepare } from './operations.js';
import type { Random } from './random.js';

export interface KnownAccount {
  readonly email: string;
  uid: string;
  state: AccountState;
  /** `after` is the state if the request in flight at the kill was executed. */
  inFlight: { kind: Kind; after: AccountState } | undefined;
  touched: boolean;
  /** Kept until the change is checked. */
  replacedPassword: string | undefined;
  history: string[];
}

const MAX_ACCOUNTS = 5;
/** New clients first create data to lose. */
const FEWEST_ACCOUNTS: Record<LoginMethod, number> = { srp: 2, raw: 1 };
/** Between operations of raw_password, so that their stretches do not displace SRP clients. */
const PAUSE_MS = 5;

export class LoadClient {
  readonly method: LoginMethod;
  /** Includes destroyed accounts. */
  readonly accounts: KnownAccount[] = [];

  constructor(method: LoginMethod) {
    this.method = method;
  }

  /** Runs until the server is killed. @throws Error for an unexpected reply */
  async live(load: Load, mails: MailFolder, random: Random): Promise<void> {
    let current: { account: KnownAccount; operation: Operation } | undefined;
    const clients = openClients(load.url, this.method, (path) => {
      if (!current || path !== current.operation.path) return;
      const { kind, after } = current.operation;
      current.account.inFlight = { kind, after };
      load.onWriting(kind);
    });
    while (!load.isKilled()) {
      const { account, kind } = this.#choose(random);
      const { email, uid, state } = account;
      const input = { clients, email, uid, state, mails, isOver: load.isKilled };
      const operation = prepare(kind, input);
      current = { account, operation };
      account.touched = true;
      try {
        const acknowledged = await operation.run();
        account.history.push(acknowledged ? kind : `${kind}, given up`);
        account.uid = input.uid;
        account.inFlight = undefined;
        if (!acknowledged) {
          await sleep(PAUSE_MS);
          continue;
        }
        if (acknowledged.exists && state.exists && acknowledged.password !== state.password) {
          account.replacedPassword = state.password;
        }
        account.state = acknowledged;
        load.onAcknowledged();
      } catch (error) {
        account.history.push(`${kind}, ${account.inFlight ? 'in flight' : 'not asked'}`);
        if (error instanceof ConnectionError && load.isKilled()) return;
        // On a busy machine a store may reply late. The next check finds the outcome.
        if (isApiError(error, 'serviceUnavailable')) continue;
        throw new Error(describe(account), { cause: error });
      }
      if (this.method === 'raw') await sleep(PAUSE_MS);
    }
  }

  #choose(random: Random): { account: KnownAccount; kind: Kind } {
    const living = this.accounts.filter(({ state, inFlight }) => state.exists && !inFlight);
    const wantsAnother = living.length < MAX_ACCOUNTS && random.integer(1, 5) === 1;
    if (living.length < FEWEST_ACCOUNTS[this.method] || wantsAnother) {
      const account = newAccount();
      this.accounts.push(account);
      return { account, kind: 'create' };
    }
    const account = random.pick(living);
    return { account, kind: random.pick(findPossible(account.state)) };
  }
}

/** For errors: contains no secret. */
export function describe({ uid, history }: KnownAccount): string {
  return `account ${uid || 'without uid'}: ${history.join('; ')}`;
}

/** Frequent operations are listed several times. */
function findPossible({ verified, sessions }: AccountState): Kind[] {
  const possible: Kind[] = ['login', 'login', 'destroy'];
  if (!verified) return [...possible, 'verify', 'verify', 'verify'];
  possible.push('change', 'change', 'change', 'reset', 'reset');
  return sessions.length > 0 ? [...possible, 'logout', 'logout'] : possible;
}

function newAccount(): KnownAccount {
  return {
    email: `user-${randomBytes(6).toString('hex')}@example.org`,
    uid: '',
    state: NOT_THERE,
    inFlight: undefined,
    touched: false,
    replacedPassword: undefined,
    history: [],
  };
}
