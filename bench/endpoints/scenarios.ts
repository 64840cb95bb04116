import type { HawkCredentials } from '../../client/hawk.js';
import { type SrpAccount, sessionCredentials } from '../load/accounts.js';
import { CERTIFICATE_REQUEST } from '../load/certificate-request.js';
import { HEALTH_CHECK, postJson, signed } from '../load/requests.js';
import type { Answer, PreparedRequest } from '../load/sender.js';
import {
  finishRequest,
  openAuthToken,
  openSessionToken,
  sessionRequest,
  startRequest,
} from '../load/srp-login.js';

/** State that the scenarios of one round share. `accounts` are verified. */
export interface Round {
  url: string;
  accounts: SrpAccount[];
  starts: Answer[];
  Ks: Uint8Array[];
  authTokens: string[];
  sessions: HawkCredentials[];
}

export function createRound(url: string, accounts: SrpAccount[]): Round {
  return { url, accounts, starts: [], Ks: [], authTokens: [], sessions: [] };
}

/** The requests of one endpoint. They are built before the measurement; replies are parsed after it. */
export interface Scenario {
  name: string;
  build(round: Round, logins: number): PreparedRequest[];
  take?(round: Round, answers: Answer[]): void;
}

/** The scenarios in order. Most need the results of the previous one. */
export const SCENARIOS: Scenario[] = [
  {
    name: '__lbheartbeat__',
    build: (_, logins) => repeat(5 * logins, () => HEALTH_CHECK),
  },
  {
    name: 'get_random_bytes',
    build: (_, logins) => repeat(5 * logins, () => postJson('/v1/get_random_bytes', {})),
  },
  {
    name: 'auth/start',
    build: ({ accounts }, logins) => repeat(logins, (i) => startRequest(pick(accounts, i))),
    take(round, answers) {
      round.starts = answers;
    },
  },
  {
    name: 'auth/finish',
    build(round) {
      const proofs = round.starts.map(({ body }, i) => finishRequest(pick(round.accounts, i), body));
      round.Ks = proofs.map(({ K }) => K);
      return proofs.map(({ request }) => request);
    },
    take(round, answers) {
      round.authTokens = answers.map(({ body }, i) => openAuthToken(body, round.Ks[i] as Uint8Array));
    },
  },
  {
    name: 'session/create',
    build: ({ url, authTokens }) => authTokens.map((authToken) => sessionRequest(url, authToken)),
    take(round, answers) {
      round.sessions = answers.map(({ body }, i) =>
        sessionCredentials(openSessionToken(body, round.authTokens[i] as string)),
      );
    },
  },
  {
    name: 'recovery_email/status',
    build: ({ url, sessions }) =>
      repeat(2 * sessions.length, (i) => signed(url, '/v1/recovery_email/status', pick(sessions, i))),
  },
  {
    name: 'certificate/sign',
    build: ({ url, sessions }) =>
      sessions.map((session) => signed(url, '/v1/certificate/sign', session, CERTIFICATE_REQUEST)),
  },
  {
    name: 'account/devices',
    build: ({ url, sessions }) => sessions.map((session) => signed(url, '/v1/account/devices', session)),
  },
  {
    name: 'session/destroy',
    build: ({ url, sessions }) => sessions.map((session) => signed(url, '/v1/session/destroy', session, {})),
  },
];

function repeat<T>(times: number, make: (index: number) => T): T[] {
  return Array.from({ length: times }, (_, i) => make(i));
}

function pick<T>(items: T[], index: number): T {
  return items[index % items.length] as T;
}
