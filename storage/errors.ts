/** The stores this server leans on, as heartbeat and logs name them. */
export type StoreName = 'database' | 'tokens' | 'mail';

/**
 * A store did not answer, or answered with a failure of its own. Nothing was consumed, unless the store did
 * what it was asked and was lost before it could say so.
 */
export class StoreUnavailableError extends Error {
  readonly code = 'STORE_UNAVAILABLE';
  constructor(
    readonly store: StoreName,
    cause: unknown,
  ) {
    super(`${store} is unavailable`, { cause });
  }
}

/** A row of the same unique key is there already. */
export class DuplicateRowError extends Error {
  readonly code = 'DUPLICATE_ROW';
}

/** The row that this one would belong to is gone. */
export class MissingRowError extends Error {
  readonly code = 'MISSING_ROW';
}
