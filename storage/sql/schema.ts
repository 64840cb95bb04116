import type { Generated } from 'kysely';

/** The tables, for Kysely. Times are ms since 1970. Sealed columns are listed in sealed-columns.ts. */
export interface Tables {
  accounts: {
    uid: string;
    email: string;
    normalized_email: string;
    verified_at: number | null;
    verify_code: Uint8Array;
    verifier: Uint8Array;
    srp_salt: Uint8Array;
    stretching_salt: Uint8Array;
    ka: Uint8Array;
    wrap_kb: Uint8Array;
    generation: number;
    locale: string;
    created_at: number;
    locked_at: number | null;
  };
  sessions: {
    token_id: string;
    uid: string;
    generation: number;
    req_hmac_key: Uint8Array;
    device_id: string;
    device_name: string | null;
    device_type: string | null;
    created_at: number;
    last_access_at: number;
    /** From 1. Unique for an account and generation, which limits the number of sessions. */
    slot: Generated<number>;
  };
  mails: {
    id: string;
    uid: string;
    /** Sealed JSON. */
    message: Uint8Array;
    attempts: Generated<number>;
    next_attempt_at: number;
    created_at: number;
  };
  signing_keys: {
    id: string;
    algorithm: string;
    private_key: Uint8Array;
    created_at: number;
    retired_at: number | null;
  };
  secrets: {
    name: string;
    value: Uint8Array;
  };
  /** Tasks that one server at a time does, and the end of its lease. */
  leases: {
    name: string;
    until: number;
  };
  audit: {
    id: string;
    at: number;
    actor: string;
    event: string;
    uid: string | null;
    signing_key: string | null;
  };
}
