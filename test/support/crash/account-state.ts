/** Expected state of an account after the acknowledged requests. Immutable. */
export interface AccountState {
  exists: boolean;
  password: string;
  verified: boolean;
  sessions: readonly string[];
  /** Their tokens never reached the client. */
  unheardSessions: number;
  ended: readonly string[];
  /** In hex; `undefined` until the client has fetched it, like kB. */
  kA: string | undefined;
  kB: string | undefined;
  lostKBs: readonly string[];
}

export const NOT_THERE: AccountState = {
  exists: false,
  password: '',
  verified: false,
  sessions: [],
  unheardSessions: 0,
  ended: [],
  kA: undefined,
  kB: undefined,
  lostKBs: [],
};

export interface Observation {
  exists: boolean;
  opening: string[];
  open: Map<string, { verified: boolean }>;
  /** Includes sessions with unknown tokens. */
  sessions: number;
  /** `undefined` before the address is verified. */
  keys: { kA: string; kB: string } | undefined;
}

export function created(password: string): AccountState {
  return { ...NOT_THERE, exists: true, password };
}

/** A new password ends every session. `keepsKB`: changed with the old password. */
export function withPassword(state: AccountState, password: string, keepsKB: boolean): AccountState {
  const { kB, lostKBs } = state;
  return {
    ...withoutSessions(state),
    password,
    kB: keepsKB ? kB : undefined,
    lostKBs: keepsKB || kB === undefined ? lostKBs : [...lostKBs, kB],
  };
}

export function withSession(state: AccountState, token: string): AccountState {
  return { ...state, sessions: [...state.sessions, token] };
}

export function withoutSession(state: AccountState, token: string): AccountState {
  const sessions = state.sessions.filter((other) => other !== token);
  return { ...state, sessions, ended: [...state.ended, token] };
}

export function destroyed(state: AccountState): AccountState {
  return { ...withoutSessions(state), exists: false };
}

export function learn(state: AccountState, { keys }: Pick<Observation, 'keys'>): AccountState {
  return { ...state, ended: [], ...keys };
}

/** The descriptions contain no secrets. */
export function findDeviations(
  { exists, opening, open, sessions, keys }: Observation,
  state: AccountState,
): string[] {
  const deviations: string[] = [];
  const expect = (condition: boolean, otherwise: string) => {
    if (!condition) deviations.push(otherwise);
  };
  expect(exists === state.exists, exists ? 'the account exists' : 'the account is missing');
  for (const token of state.ended) expect(!open.has(token), 'an ended session is valid');
  if (!state.exists || !exists) return deviations;
  expect(opening.includes(state.password), 'its password is refused');
  expect(!opening.some((password) => password !== state.password), 'another password is accepted');
  for (const token of state.sessions) expect(open.has(token), 'a session is missing');
  const due = state.sessions.length + state.unheardSessions;
  expect(sessions === due, `it has ${sessions} sessions, not ${due}`);
  for (const { verified } of open.values()) {
    expect(verified === state.verified, `a session says verified: ${verified}`);
  }
  expect((keys !== undefined) === state.verified, `keys were ${keys ? 'returned' : 'refused as unverified'}`);
  if (!keys) return deviations;
  expect(state.kA === undefined || keys.kA === state.kA, 'kA differs');
  expect(state.kB === undefined || keys.kB === state.kB, 'kB differs');
  expect(!state.lostKBs.includes(keys.kB), 'kB is a replaced one');
  return deviations;
}

function withoutSessions(state: AccountState): AccountState {
  return { ...state, sessions: [], unheardSessions: 0, ended: [...state.ended, ...state.sessions] };
}
