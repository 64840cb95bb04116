import type { Config } from '../../config/load.js';
import type { AccountFilter } from '../../storage/account-search.js';
import { CommandError } from './command-error.js';
import { type PageOptions, readLimit, splitPage } from './page.js';
import { alignColumns, printable, type Report, toIso } from './report.js';
import { withStores } from './stores.js';

export interface SearchOptions extends PageOptions {
  prefix?: string;
  domain?: string;
  unverified?: boolean;
  locked?: boolean;
  /** A date, or a time in ISO 8601. */
  idleSince?: string;
}

export function listAccounts(config: Config, options: SearchOptions): Promise<Report> {
  const { prefix, domain, unverified, locked, idleSince, after } = options;
  const filter: AccountFilter = { prefix, domain, unverified, locked, idleSince: parseTime(idleSince) };
  const limit = readLimit(options);
  return withStores(config, async ({ accountSearch }) => {
    const { rows: found, hasMore } = splitPage(
      await accountSearch.find(filter, { after, limit: limit + 1 }),
      limit,
    );
    const accounts = found.map((account) => ({
      uid: account.uid,
      email: account.email,
      createdAt: toIso(account.createdAt) as string,
      verifiedAt: toIso(account.verifiedAt),
      lockedAt: toIso(account.lockedAt),
      lastAccessAt: toIso(account.lastAccessAt),
    }));
    const next = hasMore ? (accounts.at(-1)?.email as string) : null;
    const rows = accounts.map(({ uid, email, createdAt, verifiedAt, lockedAt, lastAccessAt }) => [
      uid,
      createdAt,
      verifiedAt ? 'yes' : 'no',
      lockedAt ? 'yes' : 'no',
      lastAccessAt ?? '-',
      printable(email),
    ]);
    const heading = ['uid', 'created', 'verified', 'locked', 'last access', 'address'];
    const table = rows.length ? alignColumns(heading, rows) : 'No accounts.';
    const text = next ? `${table}\n\nMore: --after ${next}` : table;
    return { text, json: { accounts, next } };
  });
}

function parseTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new CommandError(`${text} is not a date: use the form 2026-11-27`);
  return ms;
}
