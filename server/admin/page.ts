import { CommandError } from './command-error.js';

export interface PageOptions {
  limit?: string;
  /** Cursor: the last row of the previous page. */
  after?: string;
}

export const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1000;

export function readLimit({ limit }: PageOptions): number {
  const rows = limit === undefined ? DEFAULT_LIMIT : Number(limit);
  if (Number.isInteger(rows) && rows >= 1 && rows <= MAX_LIMIT) return rows;
  throw new CommandError(`--limit must be an integer from 1 to ${MAX_LIMIT}`);
}

/** Splits off the additional row, whose presence means that more rows follow. */
export function splitPage<Row>(rows: Row[], limit: number): { rows: Row[]; hasMore: boolean } {
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}
