import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import * as hawk from 'hawk';
import { deriveToken, type TokenType } from './protocol-math.js';
import type { TestServer } from './start-server.js';

/** Target of a request: bound address, public URL and clock. */
export type Target = Pick<TestServer, 'url' | 'publicUrl' | 'clock'>;

/** A token and its type. */
export interface Signer {
  type: TokenType;
  token: string;
}

/** A request, and how it deviates from what a client would send. */
export interface Call {
  method?: 'GET' | 'POST';
  signer?: Signer | undefined;
  /** Sent as JSON, unless it is text or bytes. */
  body?: unknown;
  /** One that is `undefined` is left out. */
  headers?: Record<string, string | undefined>;
  /** Values that the signature covers instead of the true ones; see {@link sign}. */
  hawk?: HawkDeviation;
  /** The loopback address to send from. */
  from?: string;
  /** Hangs up. */
  signal?: AbortSignal;
}

export interface HawkDeviation {
  method?: string;
  url?: string;
  id?: string;
  key?: Buffer;
  timestamp?: number | string;
  nonce?: string;
  /** `false`: no payload hash. Text: signed for this payload. */
  payload?: false | string;
}

/** The members that replies of this API have; each reply has some. */
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
  /** An empty object when the reply is no JSON. */
  body: ReplyBody;
  text: string;
}

/** Sends a request over node:http, signed by the `hawk` package's own client. The method is POST unless given. */
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

/** The Authorization header of a request. */
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
  return hawk.client.header(url, deviation.method ?? method, options as never).header;
}
