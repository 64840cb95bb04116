import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import * as hawk from 'hawk';
import { deriveToken, type TokenType } from './protocol-math.js';
import type { TestServer } from './start-server.js';

export type Target = Pick<TestServer, 'url' | 'publicUrl' | 'clock'>;

export interface Signer {
  type: TokenType;
  token: string;
}

export interface Call {
  method?: 'GET' | 'POST';
  signer?: Signer | undefined;
  /** Serialized as JSON, unless it is text or bytes. */
  body?: unknown;
  /** `undefined` removes a header. */
  headers?: Record<string, string | undefined>;
  /** Values to sign instead of the true ones. */
  hawk?: HawkDeviation;
  /** Loopback address of the client. */
  from?: string;
  signal?: AbortSignal;
}

export interface HawkDeviation {
  method?: string;
  url?: string;
  id?: string;
  key?: Buffer;
  timestamp?: number | string;
  nonce?: string;
  /** `false` omits the payload hash. Text is signed instead of the body. */
  payload?: false | string;
}

export interface ReplyBody {
  [member: string]: unknown;
  uid: string;
  verified: boolean;
  bundle: string;
  sessionToken: string;
  srpToken: string;
  srp: { type: string; salt: string; B: string };
  passwordStretching: Record<string, unknown> & { salt: string };
  accountResetToken: string;
  forgotPasswordToken: string;
  devices: Record<string, unknown>[];
  cert: string;
  code: number;
  errno: number;
  message: string;
}

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  /** Empty when the reply is not JSON. */
  body: ReplyBody;
  text: string;
}

/** Signs with the client of the `hawk` package. */
export function send(target: Target, path: string, call: Call = {}): Promise<Reply> {
  const { method = 'POST', signer, body, headers = {}, from: localAddress, signal } = call;
  const payload =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const all: Record<string, string | undefined> = {
    ...(payload !== undefined && {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(payload)),
    }),
    ...(signer && { Authorization: sign(target, path, { ...call, body: payload }, signer) }),
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const options = {
    method,
    headers: given,
    ...(localAddress && { localAddress }),
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(target.url + path, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = text !== '' && response.headers['content-type']?.startsWith('application/json');
        const reply = { status: response.statusCode ?? 0, headers: response.headers, text };
        resolve({ ...reply, body: (isJson ? JSON.parse(text) : {}) as ReplyBody });
      });
    });
    request.once('error', reject);
    request.end(payload);
  });
}

export function sign(target: Target, path: string, call: Call, signer: Signer): string {
  const { method = 'POST', body, headers, hawk: deviation = {} } = call;
  const { id, key } = deriveToken(signer.type, signer.token);
  const payload = deviation.payload ?? body;
  const options = {
    credentials: { id: deviation.id ?? id, key: deviation.key ?? key, algorithm: 'sha256' },
    timestamp: deviation.timestamp ?? Math.floor(target.clock.now() / 1000),
    ...(deviation.nonce !== undefined && { nonce: deviation.nonce }),
    ...(typeof payload !== 'boolean' &&
      payload !== undefined && { payload, contentType: headers?.['Content-Type'] ?? 'application/json' }),
  };
  const url = deviation.url ?? target.publicUrl + path;
  // @types/hawk lacks binary keys and binary payloads.
  return hawk.client.header(url, deviation.method ?? method, options as never).header;
}
