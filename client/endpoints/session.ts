import { toHex } from '../../protocol/hex.js';
import { deriveRequestKey, openValues } from '../token-bundles.js';
import type { Transport } from '../transport.js';
import type { AccountId, DeviceDescription } from '../wire.js';

export interface SessionReply extends AccountId {
  verified: boolean;
  /** Valid until the session is destroyed. */
  sessionToken: string;
}

export interface SessionWithKeysReply extends SessionReply {
  /** Valid for one account/keys within 10 minutes. */
  keyFetchToken: string;
}

export class SessionEndpoints {
  constructor(private readonly transport: Transport) {}

  /** Consumes the token, except after a 503. @throws ApiError 115 at the maximum number of sessions */
  async create(authToken: string, device?: DeviceDescription): Promise<SessionWithKeysReply> {
    const { uid, verified, bundle } = await this.transport.send<
      AccountId & { verified: boolean; bundle: string }
    >({
      method: 'POST',
      path: '/v1/session/create',
      signer: { type: 'authToken', token: authToken },
      body: device ? { device } : {},
    });
    const key = deriveRequestKey('authToken', authToken);
    const [keyFetchToken, sessionToken] = openValues(key, 'session/create', bundle, 2).map(toHex);
    return {
      uid,
      verified,
      keyFetchToken: keyFetchToken as string,
      sessionToken: sessionToken as string,
    };
  }

  async destroy(sessionToken: string): Promise<void> {
    const signer = { type: 'sessionToken', token: sessionToken } as const;
    await this.transport.send({ method: 'POST', path: '/v1/session/destroy', signer, body: {} });
  }
}
