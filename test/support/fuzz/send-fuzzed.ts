import { Agent, request as httpRequest } from 'node:http';
import type { HawkTokenType } from '../../../protocol/tokens.js';
import { sign } from '../api/send.js';
import { type CheckedResponse, checkResponse } from '../openapi/check-response.js';
import type { FuzzedServer } from './fuzzed-server.js';
import { toNode, writeJson } from './json-text.js';
import { changeBytes, mutate } from './mutations.js';
import type { FuzzedRequest } from './requests.js';

const LOST_MS = 60_000;

export interface FuzzedReply extends CheckedResponse {
  ms: number;
}

export class FuzzClient {
  readonly #agent = new Agent({ keepAlive: true });

  constructor(private readonly server: FuzzedServer) {}

  /** @param token type of the token that signs */
  async send(fuzzed: FuzzedRequest, token: HawkTokenType | undefined): Promise<FuzzedReply> {
    const path = fuzzed.path + fuzzed.query;
    const signer = token && (await this.server.issue(token, fuzzed.account));
    const known = fuzzed.fits ? await this.server.fit(fuzzed.path, fuzzed.account, signer) : {};
    const payload = makePayload(fuzzed, known);
    const headers: Record<string, string> = {
      ...(payload && { 'Content-Type': 'application/json', 'Content-Length': String(payload.length) }),
      ...Object.fromEntries(fuzzed.headers),
    };
    if (signer) {
      const { method } = fuzzed;
      // The method can be any string.
      const call = { method, ...(payload && { body: payload }), headers } as never;
      headers.Authorization = fuzzed.signatureChanges
        .reduce(changeBytes, Buffer.from(sign(this.server, path, call, signer)))
        .toString('latin1')
        .replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
    }
    return this.exchange(fuzzed.method, path, headers, payload);
  }

  exchange(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    payload?: Buffer,
  ): Promise<FuzzedReply> {
    const started = performance.now();
    const options = { method, headers, agent: this.#agent, signal: AbortSignal.timeout(LOST_MS) };
    return new Promise((resolve, reject) => {
      const request = httpRequest(this.server.url + path, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ method, path, status, headers, text, ms: performance.now() - started });
        });
      });
      request.once('error', reject);
      request.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function makePayload({ body, mutations, byteChanges }: FuzzedRequest, known: object): Buffer | undefined {
  if (body === undefined && byteChanges.length === 0) return undefined;
  const tree = mutations.reduce(mutate, toNode(body === undefined ? {} : withMembers(body, known)));
  return byteChanges.reduce(changeBytes, Buffer.from(writeJson(tree)));
}

function withMembers(body: unknown, members: object): unknown {
  return Object.keys(members).length > 0 ? { ...(body as object), ...members } : body;
}

export function checkReply(reply: CheckedResponse): void {
  const { method, status, headers, text } = reply;
  if (status >= 500) throw new Error(`status ${status}: ${text}`);
  if (/node_modules|\.[jt]s:\d|SQLITE|select .* from/i.test(text))
    throw new Error(`the reply reveals internals: ${text}`);
  if (method === 'HEAD' || method === 'OPTIONS') return;
  if (status >= 400) checkFiveFields(headers['content-type'], status, text);
  checkResponse(reply);
}

export function checkFiveFields(contentType: string | undefined, status: number, text: string): void {
  if (!contentType?.startsWith('application/json')) throw new Error(`content type ${contentType}: ${text}`);
  const { code, errno, error, message, info } = JSON.parse(text);
  const texts = [error, message, info].every((field) => typeof field === 'string' && field.length > 0);
  if (code !== status || !Number.isInteger(errno) || !texts)
    throw new Error(`the error lacks the five fields: ${text}`);
}
