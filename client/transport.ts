import type { HawkTokenType } from '../protocol/tokens.js';
import { ApiError, ConnectionError, isApiError, parseObject, readError } from './errors.js';
import { deriveHawkCredentials, signRequest } from './hawk.js';

export interface TransportOptions {
  /** The server's public URL, such as `https://accounts.example.org`; a trailing `/` or `/v1` is removed. */
  url: string;
  /** Time limit for a whole reply, or for the start of an event stream, in seconds (default 60). */
  timeoutSeconds?: number;
  /** Accept-Language of every request, which selects the language of mails. Browsers send their own. */
  acceptLanguage?: string;
  fetch?: typeof fetch;
  /** The local clock, in ms since 1970. */
  now?: () => number;
}

export interface Signer {
  type: HawkTokenType;
  /** 64 hex digits. */
  token: string;
}

export interface Call {
  method: 'GET' | 'POST';
  /** Path from the server's root, such as `/v1/account/create`. */
  path: string;
  body?: object;
  signer?: Signer;
  accept?: string;
  /** Aborts the request, which then rejects with the signal's reason. */
  signal?: AbortSignal;
}

const JSON_TYPE = 'application/json';
const EVENT_STREAM_TYPE = 'text/event-stream';
const FETCH_POLICY = { redirect: 'error', cache: 'no-store', credentials: 'omit' } as const;
const DEFAULT_TIMEOUT_S = 60;

/** Sends requests: signs them by the server's clock and converts errors. */
export class Transport {
  /** Server's clock minus local clock, in ms; 0 until a request was refused for its timestamp. */
  clockOffsetMs = 0;
  /** The Timestamp header of the last reply: the server's clock, in seconds. */
  lastTimestamp: number | undefined;
  readonly #root: string;
  readonly #timeoutMs: number;
  readonly #acceptLanguage: string | undefined;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;

  /** @throws TypeError when the URL is not http or https; RangeError when the timeout is not positive */
  constructor(options: TransportOptions) {
    const { protocol, origin, pathname } = new URL(options.url);
    if (protocol !== 'https:' && protocol !== 'http:')
      throw new TypeError('url must be an http or https URL');
    const { timeoutSeconds = DEFAULT_TIMEOUT_S } = options;
    if (!(timeoutSeconds > 0)) throw new RangeError('timeoutSeconds must be more than 0');
    this.#root = origin + pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#timeoutMs = timeoutSeconds * 1000;
    this.#acceptLanguage = options.acceptLanguage;
    // Wrapped, because browsers reject a call of `fetch` whose `this` is not the window.
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
    this.#now = options.now ?? Date.now;
  }

  /** Returns the reply without checking its shape. @throws ApiError; ConnectionError without a reply */
  send<Reply extends object>(call: Call): Promise<Reply> {
    return this.#exchange(call, async (response) => {
      const text = await response.text();
      const body = response.ok ? parseObject(text) : undefined;
      if (!body) throw readError(response.status, text, readRetryAfter(response));
      return body as Reply;
    });
  }

  /** Like {@link send}, for an endpoint whose status is part of its reply. @throws ConnectionError */
  sendForStatus(call: Call): Promise<{ status: number; body: Record<string, unknown> }> {
    return this.#exchange(call, async (response) => {
      const text = await response.text();
      const body = parseObject(text);
      if (!body) throw readError(response.status, text, readRetryAfter(response));
      return { status: response.status, body };
    });
  }

  /**
   * Opens an event stream, which the caller reads to its end or cancels. The timeout applies to its start only.
   * @throws ApiError; ConnectionError
   */
  openStream(call: Call): Promise<ReadableStream<Uint8Array>> {
    return this.#exchange({ ...call, accept: EVENT_STREAM_TYPE }, async (response) => {
      if (!response.ok) throw readError(response.status, await response.text(), readRetryAfter(response));
      if (response.body && response.headers.get('content-type')?.startsWith(EVENT_STREAM_TYPE)) {
        return response.body as ReadableStream<Uint8Array>;
      }
      await response.body?.cancel();
      throw new ConnectionError('the reply is not an event stream', { status: response.status });
    });
  }

  /** Retries once by the server's clock after errno 111, which consumes nothing. */
  async #exchange<T>(call: Call, read: (response: Response) => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(call, read);
    } catch (error) {
      if (!isApiError(error, 'invalidTimestamp') || error.serverTime === undefined) throw error;
      this.clockOffsetMs = error.serverTime * 1000 - this.#now();
      return await this.#attempt(call, read);
    }
  }

  async #attempt<T>(call: Call, read: (response: Response) => Promise<T>): Promise<T> {
    const url = this.#root + call.path;
    const body = call.body && JSON.stringify(call.body);
    const headers = this.#buildHeaders(call, url, body);
    const deadline = new AbortController();
    const signal = call.signal ? AbortSignal.any([call.signal, deadline.signal]) : deadline.signal;
    const timer = setTimeout(() => deadline.abort(), this.#timeoutMs);
    try {
      // Redirects are not followed: they would send a password, or a signature for another URL, elsewhere.
      const init = { method: call.method, headers, body, signal, ...FETCH_POLICY };
      const response = await this.#fetch(url, init);
      this.#noteTimestamp(response);
      return await read(response);
    } catch (error) {
      if (error instanceof ApiError || error instanceof ConnectionError) throw error;
      call.signal?.throwIfAborted();
      const what = deadline.signal.aborted ? `no answer in ${this.#timeoutMs / 1000} s` : 'no connection';
      throw new ConnectionError(`${what}: ${call.method} ${url}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  #buildHeaders(call: Call, url: string, body: string | undefined): Record<string, string> {
    const headers: Record<string, string> = { Accept: call.accept ?? JSON_TYPE };
    if (this.#acceptLanguage) headers['Accept-Language'] = this.#acceptLanguage;
    // A string body is sent with its Content-Length, which the server requires.
    if (body !== undefined) headers['Content-Type'] = JSON_TYPE;
    if (!call.signer) return headers;
    headers.Authorization = signRequest(deriveHawkCredentials(call.signer.type, call.signer.token), {
      method: call.method,
      url,
      timestampSeconds: Math.floor((this.#now() + this.clockOffsetMs) / 1000),
      ...(body === undefined ? {} : { payload: body, contentType: JSON_TYPE }),
    });
    return headers;
  }

  #noteTimestamp(response: Response): void {
    this.lastTimestamp = readSeconds(response, 'timestamp') ?? this.lastTimestamp;
  }
}

function readRetryAfter(response: Response): number | undefined {
  return readSeconds(response, 'retry-after');
}

function readSeconds(response: Response, header: string): number | undefined {
  const value = response.headers.get(header);
  return value && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
}
