import { isApiError } from '../../../client/errors.js';
import { toHex } from '../../../protocol/hex.js';
import { findDeviations, learn, type Observation } from './account-state.js';
import { type Clients, openClients } from './customer.js';
import type { KnownAccount, LoadClient } from './load-client.js';
import { describe } from './load-client.js';
import type { Kind } from './operations.js';
import type { Rows } from './rows.js';

const MAX_TRIES = 10;

export interface InFlightOutcome {
  kind: Kind;
  happened: boolean;
}

/**
 * Compares a client's accounts with the acknowledged state and records outcomes of requests in flight.
 * @throws Error that names lost or partial changes
 */
export async function auditClient(
  url: string,
  client: LoadClient,
  rows: Rows,
  which: 'touched' | 'all',
): Promise<InFlightOutcome[]> {
  const clients = openClients(url, client.method);
  const outcomes: InFlightOutcome[] = [];
  for (const account of client.accounts) {
    if (which === 'touched' && !account.touched) continue;
    const outcome = await auditAccount(clients, account, rows);
    if (outcome) outcomes.push(outcome);
  }
  return outcomes;
}

async function auditAccount(
  clients: Clients,
  account: KnownAccount,
  rows: Rows,
): Promise<InFlightOutcome | undefined> {
  const { state, inFlight } = account;
  const observation = await observePatiently(clients, account, rows);
  const asAcknowledged = findDeviations(observation, state);
  const asInFlight = inFlight ? findDeviations(observation, inFlight.after) : ['no request was in flight'];
  if (asAcknowledged.length > 0 && asInFlight.length > 0) {
    throw new Error(
      `${describe(account)}\n  differs from the acknowledged state: ${asAcknowledged.join('; ')}` +
        `\n  differs from the state with the request in flight: ${asInFlight.join('; ')}`,
    );
  }
  const happened = asAcknowledged.length > 0;
  account.state = learn(happened && inFlight ? inFlight.after : state, observation);
  // A client that missed the reply to account/create does not know the uid.
  account.uid = rows.accounts.get(account.email)?.uid ?? '';
  account.inFlight = undefined;
  account.touched = false;
  account.replacedPassword = undefined;
  if (inFlight) account.history.push(happened ? 'was done' : 'was not executed');
  return inFlight && { kind: inFlight.kind, happened };
}

/** A busy server refuses some of the requests. They only read. */
async function observePatiently(clients: Clients, account: KnownAccount, rows: Rows): Promise<Observation> {
  for (let tries = 1; ; tries++) {
    try {
      return await observe(clients, account, rows);
    } catch (error) {
      if (tries === MAX_TRIES || !isApiError(error, 'serviceUnavailable')) throw error;
    }
  }
}

async function observe(clients: Clients, account: KnownAccount, rows: Rows): Promise<Observation> {
  const { email, state, inFlight, replacedPassword } = account;
  const { client } = clients;
  const tokens = new Set(
    [state, inFlight?.after].flatMap((one) => [...(one?.sessions ?? []), ...(one?.ended ?? [])]),
  );
  const open: Observation['open'] = new Map();
  for (const token of tokens) {
    const status = await client.recoveryEmail.status(token).catch(unless('invalidToken'));
    if (status) open.set(token, status);
  }
  const [token] = open.keys();
  const { sessions } = rows.accounts.get(email) ?? { sessions: 0 };
  if (token !== undefined) {
    const { devices } = await client.account.devices(token);
    if (devices.length !== sessions)
      throw new Error(`${describe(account)}: devices differ from its sessions`);
  }
  const opening: string[] = [];
  let keys: Observation['keys'];
  const exists = Boolean(await client.auth.start(toHex(Buffer.from(email))).catch(unless('unknownAccount')));
  const passwords = new Set([state.password, inFlight?.after.password, replacedPassword].filter(Boolean));
  for (const password of exists ? (passwords as Set<string>) : []) {
    const proven = await clients.srp.authenticate(email, password).catch(unless('incorrectPassword'));
    if (!proven) continue;
    opening.push(password);
    const { keyFetchToken } = await client.password.changeStart(proven.authToken);
    const fetched = await clients.srp
      .fetchKeys(keyFetchToken, proven.unwrapBKey)
      .catch(unless('unverifiedAccount'));
    keys = fetched && { kA: toHex(fetched.kA), kB: toHex(fetched.kB) };
  }
  return { exists, opening, open, sessions, keys };
}

/** Maps one refusal to `undefined`. */
function unless(reason: Parameters<typeof isApiError>[1]): (error: unknown) => undefined {
  return (error) => {
    if (!isApiError(error, reason)) throw error;
    return undefined;
  };
}
