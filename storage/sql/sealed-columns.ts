import type { Tables } from './schema.js';

/** The sealed columns of each table, and its key column. `storage reencrypt` seals them again. */
export const SEALED_COLUMNS = {
  accounts: { key: 'uid', columns: ['verify_code', 'verifier', 'ka', 'wrap_kb'] },
  sessions: { key: 'token_id', columns: ['req_hmac_key'] },
  mails: { key: 'id', columns: ['message'] },
  signing_keys: { key: 'id', columns: ['private_key'] },
  secrets: { key: 'name', columns: ['value'] },
} as const satisfies { [Table in keyof Tables]?: SealedTable<Table> };

interface SealedTable<Table extends keyof Tables> {
  key: keyof Tables[Table];
  columns: readonly (keyof Tables[Table])[];
}

type SealedColumn<Table extends keyof typeof SEALED_COLUMNS> =
  (typeof SEALED_COLUMNS)[Table]['columns'][number];

/** Returns the AAD that binds a sealed value to its table, column and row. */
export function aadFor<Table extends keyof typeof SEALED_COLUMNS>(
  table: Table,
  column: SealedColumn<Table>,
  key: string,
): string {
  return `${table}.${column}:${key}`;
}
