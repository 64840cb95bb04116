import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { fromHex, toHex } from '../protocol/hex.js';
import { deriveTokenKeys, type HawkTokenType } from '../protocol/tokens.js';
import { randomBytes } from './random.js';

/** Who signs: docs/protocol.md, "Tokens". */
export interface HawkCredentials {
  /** tokenID in hex. */
  id: string;
  /** reqHMACkey, 32 raw bytes. */
  key: Uint8Array;
}

/** What is signed. */
export interface HawkRequest {
  method: string;
  /** The URL as the server knows itself: its public one. */
  url: string;
  /** Seconds since 1970, by the server's clock. */
  timestampSeconds: number;
  /** New for each request; letters, digits or base64. Made here when not given. */
  nonce?: string;
  /** The body exactly as sent; the header then carries its hash. */
  payload?: string;
  /** The body's Content-Type; parameters do not count. */
  contentType?: string;
}

const NONCE_BYTES = 9;

/**
 * The Hawk credentials of a token.
 * @param token 64 hex digits
 * @throws Error when the token is not 64 hex digits
 * @see docs/protocol.md, "Tokens"
 */
export function deriveHawkCredentials(type: HawkTokenType, token: string): HawkCredentials {
  const { tokenID, reqHMACkey } = deriveTokenKeys(type, fromHex(token));
  return { id: toHex(tokenID), key: reqHMACkey };
}

/**
 * The Authorization header of a request: Hawk, algorithm sha256, header version 1.
 * @returns `Hawk id="…", ts="…", nonce="…", hash="…", mac="…"`, without `hash` where no payload is given
 * @see docs/protocol.md, "Hawk, on this server"
 */
export function signRequest(credentials: HawkCredentials, request: HawkRequest): string {
  const { method, timestampSeconds: ts, payload, contentType = '' } = request;
  const nonce = request.nonce ?? toBase64(randomBytes(NONCE_BYTES));
  const url = new URL(request.url);
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  const hash = payload === undefined ? undefined : hashPayload(payload, contentType);
  const resource = url.pathname + url.search;
  const normalized = ['hawk.1.header', ts, nonce, method.toUpperCase(), resource, url.hostname, port];
  // After the hash comes `ext`, which this protocol does not use.
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

/** Bytes to base64 with padding; `btoa` is in browsers and in Node alike. */
function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
