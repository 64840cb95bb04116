import { type HawkCredentials, signRequest } from '../../client/hawk.js';
import type { PreparedRequest } from './sender.js';

const JSON_TYPE = 'application/json';

/** Builds a POST of JSON. */
export function postJson(path: string, json: object, headers: Record<string, string> = {}): PreparedRequest {
  const body = Buffer.from(JSON.stringify(json));
  return {
    method: 'POST',
    path,
    headers: { 'Content-Type': JSON_TYPE, 'Content-Length': String(body.length), ...headers },
    body,
  };
}

/**
 * Builds a request signed with Hawk. It is valid once, within a minute.
 * @param url the server's public URL
 * @param json the body of a POST; without it the request is a GET
 */
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
