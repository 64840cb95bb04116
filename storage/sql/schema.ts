import type { Generated } from 'kysely';

/** The tables as Kysely sees them. Times are ms since 1970; `sealed` columns are AES-256-GCM (sealer.ts). */
export interface Tables {
  accounts: {
    uid: string;
    /** As first given: derivations depend on its bytes. */
    email: string;
    normalized_email: string;
    verified_at: number | null;
    verify_code: Uint8Array;
    verifier: Uint8Array;
    srp_salt: Uint8Array;
    stretching_salt: Uint8Array;
    ka: Uint8Array;
    wrap_kb: Uint8Array;
    /** When the password was last set or the account locked; sessions and tokens of another generation are dead. */
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
    /** From 1 on, each once an account and generation: the bound of how many sessions there can be. */
    slot: Generated<number>;
  };
  mails: {
    id: string;
    uid: string;
    /** What the mail says, sealed JSON. */
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
  /** What servers share and nobody else may know, sealed. */
  secrets: {
    name: string;
    value: Uint8Array;
  };
  /** Work that one server at a time does, and until when it is that server's. */
  leases: {
    name: string;
    until: number;
  };
}
