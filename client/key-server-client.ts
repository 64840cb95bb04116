import { AccountEndpoints } from './endpoints/account.js';
import { AuthEndpoints } from './endpoints/auth.js';
import { CertificateEndpoints, type PublicKey } from './endpoints/certificate.js';
import { PasswordEndpoints } from './endpoints/password.js';
import { RawPasswordEndpoints } from './endpoints/raw-password.js';
import { RecoveryEmailEndpoints } from './endpoints/recovery-email.js';
import { SessionEndpoints } from './endpoints/session.js';
import { Transport, type TransportOptions } from './transport.js';

/** See docs/protocol.md, "Support document". */
export interface SupportDocument {
  'public-key': PublicKey;
  authentication: string;
  provisioning: string;
}

/**
 * The endpoints of docs/endpoints.md. Addresses are hex of UTF-8, tokens 64 hex digits. Every method throws
 * ApiError or ConnectionError, and ProtocolError when a bundle does not open.
 * {@link SrpClient} and {@link RawPasswordClient} combine these methods.
 */
export class KeyServerClient {
  readonly transport: Transport;
  readonly account: AccountEndpoints;
  readonly auth: AuthEndpoints;
  readonly session: SessionEndpoints;
  readonly rawPassword: RawPasswordEndpoints;
  readonly recoveryEmail: RecoveryEmailEndpoints;
  readonly certificate: CertificateEndpoints;
  readonly password: PasswordEndpoints;

  /** @throws TypeError or RangeError for an invalid option */
  constructor(options: TransportOptions) {
    const transport = new Transport(options);
    this.transport = transport;
    this.account = new AccountEndpoints(transport);
    this.auth = new AuthEndpoints(transport);
    this.session = new SessionEndpoints(transport);
    this.rawPassword = new RawPasswordEndpoints(transport);
    this.recoveryEmail = new RecoveryEmailEndpoints(transport);
    this.certificate = new CertificateEndpoints(transport);
    this.password = new PasswordEndpoints(transport);
  }

  /** Returns 32 bytes in hex. Combine them with local random bytes. */
  getRandomBytes(): Promise<{ data: string }> {
    return this.transport.send({ method: 'POST', path: '/v1/get_random_bytes', body: {} });
  }

  /** Returns the key that verifies certificates of this server. */
  getSupportDocument(): Promise<SupportDocument> {
    return this.transport.send({ method: 'GET', path: '/.well-known/browserid' });
  }

  /** Returns whether every store of the server answers, and the reply. */
  async getHeartbeat(): Promise<{ healthy: boolean; details: Record<string, unknown> }> {
    const { status, body } = await this.transport.sendForStatus({ method: 'GET', path: '/__heartbeat__' });
    return { healthy: status === 200, details: body };
  }

  getVersion(): Promise<Record<string, unknown>> {
    return this.transport.send({ method: 'GET', path: '/__version__' });
  }
}
