import { type HawkCredentials, signRequest } from '../../client/hawk.js';
import type { RawAccount } from './accounts.js';
import type { PreparedRequest } from './sender.js';

const JSON_TYPE = 'application/json';

export const HEALTH_CHECK: PreparedRequest = { method: 'GET', path: '/__lbheartbeat__', headers: {} };

export function postJson(path: string, json: object, headers: Record<string, string> = {}): PreparedRequest {
  const body = Buffer.from(JSON.stringify(json));
  return {
    method: 'POST',
    path,
    headers: { 'Content-Type': JSON_TYPE, 'Content-Length': String(body.length), ...headers },
    body,
  };
}

/** Builds a raw login. @param source one of 2^24 clients, for servers that trust X-Forwarded-For */
export function rawLogin({ emailHex, password }: RawAccount, source?: number): PreparedRequest {
  const address = (number: number) => `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  const headers: Record<string, string> = source === undefined ? {} : { 'X-Forwarded-For': address(source) };
  return postJson('/v1/raw_password/session/create', { email: emailHex, password }, headers);
}

export function serialize({ method, path, headers, body = Buffer.alloc(0) }: PreparedRequest): Buffer {
  const fields = Object.entries({ Host: 'localhost', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`), body]);
}

/** Signs a request with Hawk: it is valid once, within a minute. Without `json` it is a GET. */
export function signed(
  url: string,
  path: string,
  credentials: HawkCredentials,
  json?: object,
): PreparedRequest {
  const base = json ? postJson(path, json) : { method: 'GET' as const, path, headers: {} };
  const { method, headers } = base;
  const payload = json && { payload: JSON.stringify(json), contentType: JSON_TYPE };
  const timestampSeconds = Math.floor(Date.now() / 1000);
  const Authorization = signRequest(credentials, { method, url: url + path, timestampSeconds, ...payload });
  return { ...base, headers: { ...headers, Authorization } };
}
