import type { SRP_TYPE } from '../../protocol/srp.js';
import { deriveRequestKey, openValues, sealReset } from '../token-bundles.js';
import type { Transport } from '../transport.js';
import type { AccountId, DeviceDescription, PasswordStretching } from '../wire.js';

export interface CreateAccountRequest {
  email: string;
  /** Hex; verifier: 256 bytes, salt: 32 bytes. */
  srp: {
    type: typeof SRP_TYPE;
    verifier: string;
    salt: string;
  };
  passwordStretching: PasswordStretching;
}

export interface DevicesReply {
  /** lastAccessTime is in ms since 1970. */
  devices: Array<
    { id: string; isCurrentDevice: boolean; lastAccessTime: number } & Partial<
      Record<keyof DeviceDescription, string | null>
    >
  >;
}

/** 32 bytes each; wrapKb = kB XOR unwrapBKey. */
export interface WrappedKeys {
  kA: Uint8Array;
  wrapKb: Uint8Array;
}

export interface ResetAccountRequest {
  /** 32 bytes. All zero: the server generates a new one. */
  wrapKb: Uint8Array;
  /** verifier: 256 bytes; salt: 32 bytes in hex. */
  srp: {
    type: typeof SRP_TYPE;
    verifier: Uint8Array;
    salt: string;
  };
  passwordStretching: PasswordStretching;
}

export class AccountEndpoints {
  constructor(private readonly transport: Transport) {}

  /** @throws ApiError 101 when the address has an account */
  create(request: CreateAccountRequest): Promise<AccountId> {
    return this.transport.send({ method: 'POST', path: '/v1/account/create', body: request });
  }

  /** Lists the account's sessions. */
  devices(sessionToken: string): Promise<DevicesReply> {
    const signer = { type: 'sessionToken', token: sessionToken } as const;
    return this.transport.send({ method: 'GET', path: '/v1/account/devices', signer });
  }

  /** Consumes the token, except after a 503. @throws ApiError 104 when the address is not verified */
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

  /** Consumes the token and ends every session of the account. */
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

  /** Consumes the token. The account cannot be restored. */
  async destroy(authToken: string): Promise<void> {
    const signer = { type: 'authToken', token: authToken } as const;
    await this.transport.send({ method: 'POST', path: '/v1/account/destroy', signer, body: {} });
  }
}
