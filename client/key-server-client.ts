import { AccountEndpoints } from './endpoints/account.js';
import { AuthEndpoints } from './endpoints/auth.js';
import { CertificateEndpoints, type PublicKey } from './endpoints/certificate.js';
import { PasswordEndpoints } from './endpoints/password.js';
import { RawPasswordEndpoints } from './endpoints/raw-password.js';
import { RecoveryEmailEndpoints } from './endpoints/recovery-email.js';
import { SessionEndpoints } from './endpoints/session.js';
import { Transport, type TransportOptions } from './transport.js';

/** The BrowserID support document. */
export interface SupportDocument {
  'public-key': PublicKey;
  authentication: string;
  provisioning: string;
}

/**
 * Every endpoint of one key server, a method each, in the sections of docs/endpoints.md. Methods speak the wire's language:
 * addresses as hex, tokens as 64 hex digits; bundles under a token's key are opened and sealed on the way.
 * {@link SrpClient} and {@link RawPasswordClient} put them together.
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

  /** @throws TypeError or RangeError when an option is wrong */
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

  /** POST /v1/get_random_bytes: 32 bytes in hex, to be combined with one's own. */
  getRandomBytes(): Promise<{ data: string }> {
    return this.transport.send({ method: 'POST', path: '/v1/get_random_bytes', body: {} });
  }

  /** GET /.well-known/browserid: the key that verifies this server's certificates. */
  getSupportDocument(): Promise<SupportDocument> {
    return this.transport.send({ method: 'GET', path: '/.well-known/browserid' });
  }

  /** GET /__heartbeat__: whether every store behind the server answers, and what the server says of them. */
  async getHeartbeat(): Promise<{ healthy: boolean; details: Record<string, unknown> }> {
    const { status, body } = await this.transport.sendForStatus({ method: 'GET', path: '/__heartbeat__' });
    return { healthy: status === 200, details: body };
  }

  /** GET /__version__. */
  getVersion(): Promise<Record<string, unknown>> {
    return this.transport.send({ method: 'GET', path: '/__version__' });
  }
}
