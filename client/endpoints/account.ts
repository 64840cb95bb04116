import type { SRP_TYPE } from '../../protocol/srp.js';
import { deriveRequestKey, openValues, sealReset } from '../token-bundles.js';
import type { Transport } from '../transport.js';
import type { AccountId, DeviceDescription, PasswordStretching } from '../wire.js';

export interface CreateAccountRequest {
  /** Hex of UTF-8. */
  email: string;
  srp: {
    type: typeof SRP_TYPE;
    /** 256 bytes in hex. */
    verifier: string;
    /** 32 bytes in hex. */
    salt: string;
  };
  passwordStretching: PasswordStretching;
}

export interface DevicesReply {
  devices: Array<
    { id: string; isCurrentDevice: boolean /** ms since 1970 */; lastAccessTime: number } & Partial<
      Record<keyof DeviceDescription, string | null>
    >
  >;
}

export interface WrappedKeys {
  /** 32 bytes. */
  kA: Uint8Array;
  /** 32 bytes: kB XOR unwrapBKey. */
  wrapKb: Uint8Array;
}

export interface ResetAccountRequest {
  /** 32 bytes. All zero: the server generates a new one. */
  wrapKb: Uint8Array;
  srp: {
    type: typeof SRP_TYPE;
    /** 256 bytes. */
    verifier: Uint8Array;
    /** 32 bytes in hex. */
    salt: string;
  };
  passwordStretching: PasswordStretching;
}

/**
 * Endpoints of docs/endpoints.md, "Account". Tokens are 64 hex digits. Every method throws ApiError or
 * ConnectionError.
 */
export class AccountEndpoints {
  constructor(private readonly transport: Transport) {}

  /** POST /v1/account/create. @throws ApiError 101 when the address has an account */
  create(request: CreateAccountRequest): Promise<AccountId> {
    return this.transport.send({ method: 'POST', path: '/v1/account/create', body: request });
  }

  /** GET /v1/account/devices: lists the account's sessions. */
  devices(sessionToken: string): Promise<DevicesReply> {
    const signer = { type: 'sessionToken', token: sessionToken } as const;
    return this.transport.send({ method: 'GET', path: '/v1/account/devices', signer });
  }

  /**
   * GET /v1/account/keys. Opens the bundle. Consumes the token, except after a 503.
   * @throws ApiError 104 when the address is not verified; ProtocolError when the bundle does not open
   */
  async keys(keyFetchToken: string): Promise<WrappedKeys> {
    const signer = { type: 'keyFetchToken', token: keyFetchToken } as const;
    const reply = await this.transport.send<{ bundle: string }>({
      method: 'GET',
      path: '/v1/account/keys',
      signer,
    });
    const key = deriveRequestKey('keyFetchToken', keyFetchToken);
    const [kA, wrapKb] = openValues(key, 'account/keys', reply.bundle, 2) as [Uint8Array, Uint8Array];
    return { kA, wrapKb };
  }

  /** POST /v1/account/reset. Seals the bundle. Consumes the token and ends every session of the account. */
  async reset(accountResetToken: string, request: ResetAccountRequest): Promise<void> {
    const { wrapKb, srp, passwordStretching } = request;
    const bundle = sealReset(accountResetToken, wrapKb, srp.verifier);
    await this.transport.send({
      method: 'POST',
      path: '/v1/account/reset',
      signer: { type: 'accountResetToken', token: accountResetToken },
      body: { bundle, srp: { type: srp.type, salt: srp.salt }, passwordStretching },
    });
  }

  /** POST /v1/account/destroy. Consumes the token. The account cannot be restored. */
  async destroy(authToken: string): Promise<void> {
    const signer = { type: 'authToken', token: authToken } as const;
    await this.transport.send({ method: 'POST', path: '/v1/account/destroy', signer, body: {} });
  }
}
