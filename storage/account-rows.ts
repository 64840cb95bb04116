import { normalizeEmail } from '../protocol/email.js';
import type { Sealer } from './sealer.js';
import type { Tables } from './sql/schema.js';
import { aadFor } from './sql/sealed-columns.js';

export interface PasswordMaterial {
  verifier: Uint8Array;
  srpSalt: Uint8Array;
  stretchingSalt: Uint8Array;
  wrapKb: Uint8Array;
}

/** Times in ms. */
export interface Account extends PasswordMaterial {
  uid: string;
  /** As given at creation; derivations depend on its bytes. */
  email: string;
  verifiedAt: number | null;
  /** 64 hex digits. */
  verifyCode: string;
  kA: Uint8Array;
  /** Time of the last password or lock; never decreases. Tokens of an earlier generation are invalid. */
  generation: number;
  locale: string;
  createdAt: number;
  lockedAt: number | null;
}

type Sealed = 'verify_code' | 'verifier' | 'ka' | 'wrap_kb';

/** Listed by name, so that a running server tolerates a column that a newer one adds. */
export const ACCOUNT_COLUMNS = [
  'uid',
  'email',
  'verified_at',
  'verify_code',
  'verifier',
  'srp_salt',
  'stretching_salt',
  'ka',
  'wrap_kb',
  'generation',
  'locale',
  'created_at',
  'locked_at',
] as const;

export function toAccountRow(sealer: Sealer, account: Account): Tables['accounts'] {
  const { uid } = account;
  return {
    uid,
    email: account.email,
    normalized_email: normalizeEmail(account.email),
    verified_at: account.verifiedAt,
    verify_code: seal(sealer, uid, 'verify_code', Buffer.from(account.verifyCode, 'hex')),
    ka: seal(sealer, uid, 'ka', account.kA),
    generation: account.generation,
    locale: account.locale,
    created_at: account.createdAt,
    locked_at: account.lockedAt,
    ...toPasswordColumns(sealer, uid, account),
  };
}

export function toPasswordColumns(sealer: Sealer, uid: string, material: PasswordMaterial) {
  return {
    verifier: seal(sealer, uid, 'verifier', material.verifier),
    srp_salt: Buffer.from(material.srpSalt),
    stretching_salt: Buffer.from(material.stretchingSalt),
    wrap_kb: seal(sealer, uid, 'wrap_kb', material.wrapKb),
  };
}

/** @throws StorageKeyError when the row's storage key is not configured */
export function fromAccountRow(
  sealer: Sealer,
  row: Pick<Tables['accounts'], (typeof ACCOUNT_COLUMNS)[number]>,
): Account {
  const open = (column: Sealed) => sealer.open(aadFor('accounts', column, row.uid), row[column]);
  return {
    uid: row.uid,
    email: row.email,
    verifiedAt: row.verified_at,
    verifyCode: open('verify_code').toString('hex'),
    kA: open('ka'),
    generation: row.generation,
    locale: row.locale,
    createdAt: row.created_at,
    lockedAt: row.locked_at,
    verifier: open('verifier'),
    srpSalt: row.srp_salt,
    stretchingSalt: row.stretching_salt,
    wrapKb: open('wrap_kb'),
  };
}

function seal(sealer: Sealer, uid: string, column: Sealed, plaintext: Uint8Array): Buffer {
  return sealer.seal(aadFor('accounts', column, uid), plaintext);
}
