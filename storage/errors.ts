export type StoreName = 'database' | 'tokens' | 'mail';

/** A store did not reply, or replied with an error. The outcome of a write is then unknown. */
export class StoreUnavailableError extends Error {
  readonly code = 'STORE_UNAVAILABLE';
  constructor(
    readonly store: StoreName,
    cause: unknown,
  ) {
    super(`${store} is unavailable`, { cause });
  }
}

/** A command was not sent: there is no connection. */
export class NotConnectedError extends Error {
  readonly code = 'NOT_CONNECTED';
}

export class DuplicateRowError extends Error {
  readonly code = 'DUPLICATE_ROW';
}

/** The row that a foreign key refers to does not exist. */
export class MissingRowError extends Error {
  readonly code = 'MISSING_ROW';
}
