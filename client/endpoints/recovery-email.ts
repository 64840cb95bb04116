import { ConnectionError, ProtocolError, parseObject } from '../errors.js';
import { readChunks, readEvents } from '../event-stream.js';
import type { Transport } from '../transport.js';

export interface RecoveryEmailStatus {
  email: string;
  verified: boolean;
}

/** Time limit for the next chunk of a stream. The server sends a comment line at least every 15 s. */
const MAX_SILENCE_S = 45;

export class RecoveryEmailEndpoints {
  constructor(private readonly transport: Transport) {}

  status(sessionToken: string): Promise<RecoveryEmailStatus> {
    return this.transport.send({
      method: 'GET',
      path: '/v1/recovery_email/status',
      signer: { type: 'sessionToken', token: sessionToken },
    });
  }

  /**
   * Yields the current status, then each change. The last one is `verified: true`. Leaving the loop earlier
   * closes the connection.
   * @param signal ends the loop with its reason
   * @throws ConnectionError when the stream ends before that; call again to continue
   */
  async *statusEvents(sessionToken: string, signal?: AbortSignal): AsyncGenerator<RecoveryEmailStatus> {
    const stream = await this.transport.openStream({
      method: 'GET',
      path: '/v1/recovery_email/status',
      signer: { type: 'sessionToken', token: sessionToken },
      ...(signal ? { signal } : {}),
    });
    const chunks = readChunks(stream, MAX_SILENCE_S);
    try {
      for await (const data of readEvents(wrapFailures(chunks, signal))) {
        const status = readStatus(data);
        yield status;
        if (status.verified) return;
      }
    } finally {
      await chunks.return(undefined);
    }
    throw new ConnectionError('the event stream ended before the address was verified');
  }

  /** Mails the same code again. */
  async resendCode(sessionToken: string): Promise<void> {
    const signer = { type: 'sessionToken', token: sessionToken } as const;
    await this.transport.send({ method: 'POST', path: '/v1/recovery_email/resend_code', signer, body: {} });
  }

  /** Idempotent. @throws ApiError 102 or 105 */
  async verifyCode(uid: string, code: string): Promise<void> {
    await this.transport.send({
      method: 'POST',
      path: '/v1/recovery_email/verify_code',
      body: { uid, code },
    });
  }
}

async function* wrapFailures(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  try {
    yield* chunks;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ConnectionError('the event stream broke off', { cause });
  }
}

function readStatus(data: string): RecoveryEmailStatus {
  const { email, verified } = parseObject(data) ?? {};
  if (typeof email !== 'string' || typeof verified !== 'boolean') {
    throw new ProtocolError('the server sent an event that is not a status');
  }
  return { email, verified };
}
