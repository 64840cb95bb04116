import type { Config } from '../../config/load.js';
import type { Account } from '../../storage/account-rows.js';
import { StoreUnavailableError } from '../../storage/errors.js';
import type { Storage } from '../../storage/storage.js';
import { recordAct } from './administrative-acts.js';
import { CommandError } from './command-error.js';
import { alignColumns, alignFields, printable, type Report, toIso } from './report.js';
import { withStores } from './stores.js';
import type { Terminal } from './terminal.js';

const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Shows no keys, codes or verifiers. */
export function showAccount(config: Config, name: string): Promise<Report> {
  return withStores(config, async (storage) => {
    const account = await requireAccount(storage, name);
    const { uid, email, locale } = account;
    const sessions = (await storage.sessions.list(uid)).length;
    const json = {
      uid,
      email,
      createdAt: toIso(account.createdAt),
      verifiedAt: toIso(account.verifiedAt),
      lockedAt: toIso(account.lockedAt),
      generationAt: toIso(account.generation),
      locale,
      sessions,
    };
    const text = alignFields([
      ['uid', uid],
      ['address', email],
      ['created', json.createdAt as string],
      ['verified', json.verifiedAt ?? 'no'],
      ['locked', json.lockedAt ?? 'no'],
      ['password set, or locked', json.generationAt as string],
      ['language', locale],
      ['sessions', String(sessions)],
    ]);
    return { text, json };
  });
}

export function listSessions(config: Config, name: string): Promise<Report> {
  return withStores(config, async (storage) => {
    const { uid } = await requireAccount(storage, name);
    const sessions = (await storage.sessions.list(uid)).map((session) => ({
      deviceId: session.deviceId,
      name: session.deviceName,
      type: session.deviceType,
      lastAccessAt: toIso(session.lastAccessAt) as string,
    }));
    const rows = sessions.map(({ deviceId, name, type, lastAccessAt }) => [
      deviceId,
      type ?? '-',
      lastAccessAt,
      printable(name ?? '-'),
    ]);
    const text = rows.length
      ? alignColumns(['device', 'type', 'last used', 'name'], rows)
      : 'The account has no sessions.';
    return { text, json: { uid, sessions } };
  });
}

/** Marks an account's address as verified, for addresses that mails do not reach. */
export function verifyAccount(config: Config, name: string, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { uid, verifiedAt } = await requireAccount(storage, name);
    if (verifiedAt !== null) return { text: `${uid} is verified already.`, json: { uid, changed: false } };
    await storage.accounts.markVerified(uid, Date.now());
    await recordAct(storage, terminal, { event: 'accountVerified', uid });
    return announce(storage, uid, `${uid} is verified.`, { tokensEnd: false });
  });
}

export function lockAccount(config: Config, name: string, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { uid, email, lockedAt } = await requireAccount(storage, name);
    if (lockedAt !== null) return { text: `${uid} is locked already.`, json: { uid, changed: false } };
    await terminal.confirm(`Lock ${email} (${uid}) and end all its sessions?`);
    const changed = await storage.accounts.lock(uid, Date.now());
    if (!changed) throw new CommandError(`${uid} changed during the command: check it and try again`);
    await recordAct(storage, terminal, { event: 'accountLocked', uid });
    return announce(storage, uid, `${uid} is locked, and its sessions have ended.`);
  });
}

/** Unlocks an account. Its password has not changed, and its devices must log in again. */
export function unlockAccount(config: Config, name: string, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { uid } = await requireAccount(storage, name);
    const changed = await storage.accounts.unlock(uid);
    if (changed) await recordAct(storage, terminal, { event: 'accountUnlocked', uid });
    return { text: `${uid} is ${changed ? 'unlocked' : 'not locked'}.`, json: { uid, changed } };
  });
}

export function destroyAccount(config: Config, name: string, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { uid, email, generation } = await requireAccount(storage, name);
    await terminal.confirm(`Destroy ${email} (${uid}) and its keys? Data encrypted with them will be lost.`);
    const changed = await storage.accounts.destroy(uid, generation);
    if (!changed) throw new CommandError(`${uid} changed during the command: check it and try again`);
    await recordAct(storage, terminal, { event: 'accountDestroyed', uid });
    return announce(storage, uid, `${uid} is destroyed.`, { isGone: true });
  });
}

/** @throws CommandError when no account has this address or uid */
export async function requireAccount({ accounts }: Storage, name: string): Promise<Account> {
  const account = UID.test(name)
    ? await accounts.findByUid(name.toLowerCase())
    : await accounts.findByEmail(name);
  if (!account) throw new CommandError(`no account has the ${UID.test(name) ? 'uid' : 'address'} ${name}`);
  return account;
}

/** Announces a committed change. A server without Redis keeps tokens of the older, invalid generation. */
async function announce(
  { tokens, counters }: Storage,
  uid: string,
  done: string,
  { tokensEnd = true, isGone = false } = {},
): Promise<Report> {
  const json = { uid, changed: true };
  try {
    if (tokensEnd) await tokens.forgetAccount(uid);
    if (isGone) await counters.forgetAccount(uid);
    await tokens.announce(uid);
    return { text: done, json };
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    const warning = 'Redis is unavailable: open event streams report the change only after they reconnect.';
    return { text: `${done}\n${warning}`, json: { ...json, warning } };
  }
}
