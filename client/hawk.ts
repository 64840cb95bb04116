import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, toHex } from '../protocol/hex.js';
import { deriveTokenKeys, type HawkTokenType } from '../protocol/tokens.js';
import { randomBytes } from './random.js';

/** `id` is tokenID in hex, `key` is reqHMACkey (docs/protocol.md, "Tokens"). */
export interface HawkCredentials {
  id: string;
  key: Uint8Array;
}

export interface HawkRequest {
  method: string;
  /** With the host and port of the server's public URL. */
  url: string;
  /** By the server's clock. */
  timestampSeconds: number;
  /** Different for each request; random by default. */
  nonce?: string;
  /** The body exactly as sent. */
  payload?: string;
  contentType?: string;
}

const NONCE_BYTES = 9;

/** Derives the credentials of a token of 64 hex digits. @throws Error when it is not one */
export function deriveHawkCredentials(type: HawkTokenType, token: string): HawkCredentials {
  const { tokenID, reqHMACkey } = deriveTokenKeys(type, fromHex(token));
  return { id: toHex(tokenID), key: reqHMACkey };
}

/** Returns the Authorization header (docs/protocol.md, "Hawk, on this server"). */
export function signRequest(credentials: HawkCredentials, request: HawkRequest): string {
  const { method, timestampSeconds: ts, payload, contentType = '' } = request;
  const nonce = request.nonce ?? toBase64(randomBytes(NONCE_BYTES));
  const url = new URL(request.url);
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  const hash = payload === undefined ? undefined : hashPayload(payload, contentType);
  const resource = url.pathname + url.search;
  const normalized = ['hawk.1.header', ts, nonce, method.toUpperCase(), resource, url.hostname, port];
  // The last field, `ext`, is unused in this protocol.
  const lines = [...normalized, hash ?? '', '', ''].join('\n');
  const mac = toBase64(hmac(sha256, credentials.key, encoder.encode(lines)));
  const hashField = hash === undefined ? '' : `hash="${hash}", `;
  return `Hawk id="${credentials.id}", ts="${ts}", nonce="${nonce}", ${hashField}mac="${mac}"`;
}

const encoder = new TextEncoder();

function hashPayload(payload: string, contentType: string): string {
  const type = (contentType.split(';', 1)[0] as string).trim().toLowerCase();
  return toBase64(sha256(encoder.encode(`hawk.1.payload\n${type}\n${payload}\n`)));
}

/** With padding. Browsers and Node have `btoa`. */
function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
