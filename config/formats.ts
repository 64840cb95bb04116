import { isIPv6 } from 'node:net';
import proxyaddr from 'proxy-addr';
import { parseRate } from './limits.js';

// RFC 5321, 4.1.2 (Dot-string) and 2.3.5, with RFC 6531's letters beyond ASCII.
const LOCAL_PART = String.raw`[^\s\p{Cc}"(),:;<>@[\\\].]+(?:\.[^\s\p{Cc}"(),:;<>@[\\\].]+)*`;
const MAIL_DOMAIN = String.raw`[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*`;
const ADDRESS = `${LOCAL_PART}@${MAIL_DOMAIN}`;
/** RFC 5322, 3.4, as far as it has one meaning: what else header parsers take, each takes otherwise. */
const SENDER_NAME = String.raw`(?:"[^"\\\p{Cc}]*" *|[^"(),:;<>@[\\\]\p{Cc}]+)`;
const MAIL_SENDER = new RegExp(`^(?:${ADDRESS}|${SENDER_NAME}?<${ADDRESS}>)$`, 'u');

/** RFC 1123, 2.1: a label of a host name. Lower case: relying parties compare issuers letter by letter. */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);

/** The formats the settings use, beyond convict's own. Messages name the rule, never the value. */
export const FORMATS = {
  'port-number': { check: (value: unknown) => requireInteger(value, 0, 65535), coerce: Number },
  'positive-integer': {
    check: (value: unknown) => requireInteger(value, 1, Number.MAX_SAFE_INTEGER),
    coerce: Number,
  },
  'thread-count': {
    check: (value: unknown) => requireInteger(value, 1, 1024),
    coerce: Number,
  },
  'positive-number': {
    check: (value: unknown) => {
      if (typeof value !== 'number' || !(value > 0)) throw new Error('must be a number above 0');
    },
    coerce: Number,
  },
  // Zero is "unset".
  'stretch-memory': {
    check: (value: unknown) => value === 0 || requireInteger(value, 64, 2 ** 24),
    coerce: Number,
  },
  rate: {
    check: (value: unknown) => {
      if (!parseRate(String(value)))
        throw new Error('must be times/seconds, up to 999999 seconds, for example 20/900');
    },
  },
  'proxy-addresses': {
    check: (value: unknown) => {
      try {
        proxyaddr.compile(splitList(String(value)));
      } catch {
        throw new Error('must be addresses or networks, separated by commas');
      }
    },
  },
  'on-off': {
    check: (value: unknown) => {
      if (typeof value !== 'boolean') throw new Error('must be on or off');
    },
    coerce: (value: unknown) => (value === 'on' ? true : value === 'off' ? false : value),
  },
  days: { check: (value: unknown) => requireInteger(value, 0, 36_500), coerce: Number },
  'nice-increment': { check: (value: unknown) => requireInteger(value, 0, 19), coerce: Number },
  'mail-sender': {
    check: (value: unknown) => {
      if (!MAIL_SENDER.test(String(value)))
        throw new Error('must be an address, or Name <address>, a name with special characters in "quotes"');
    },
  },
  'optional-host': { check: requireHost },
  'optional-http-url': { check: requirePublicUrl },
  'optional-postgres-url': { check: requireUrl('postgres:', 'postgresql:') },
  'optional-redis-url': { check: requireRedisUrl },
  'optional-smtp-url': { check: requireUrl('smtp:', 'smtps:') },
  'storage-keys': {
    check: (value: unknown) => {
      if (value !== '' && !/^[0-9a-f]{64}(,[0-9a-f]{64})*$/i.test(String(value))) {
        throw new Error('must be 64 hex digits, several separated by commas');
      }
    },
  },
};

/** The entries of a comma-separated list, without spaces and empty ones. */
export function splitList(text: string): string[] {
  return text.split(',').flatMap((entry) => entry.trim() || []);
}

function requireInteger(value: unknown, least: number, most: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
  const upTo = most === Number.MAX_SAFE_INTEGER ? ' up' : ` to ${most}`;
  throw new Error(`must be an integer from ${least}${upTo}`);
}

function requireUrl(...protocols: string[]) {
  return (value: unknown): void => {
    if (value === '') return;
    const url = URL.canParse(String(value)) && new URL(String(value));
    if (!url || !protocols.includes(url.protocol)) {
      throw new Error(`must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    }
  };
}

function requirePublicUrl(value: unknown): void {
  if (value === '') return;
  requireUrl('http:', 'https:')(value);
  const { search, hash, username, password } = new URL(String(value));
  if (search || hash || username || password) throw new Error('must have no user, no ? and no # in it');
}

function requireHost(value: unknown): void {
  if (value === '') return;
  const [, host = '', port] = /^(.*?)(?::([1-9]\d{0,4}))?$/s.exec(String(value)) ?? [];
  const isHost = HOST_NAME.test(host) || (/^\[.*\]$/.test(host) && isIPv6(host.slice(1, -1)));
  if (!isHost || Number(port ?? 1) > 65535)
    throw new Error('must be a host name in lower case, without https:// and path, such as example.org');
}

/** Sentinel and Cluster URLs name several hosts, which makes them no URLs to the URL parser. */
function requireRedisUrl(value: unknown): void {
  const host = '([\\w.-]+|\\[[\\da-fA-F:.]+\\])(:\\d{1,5})?';
  const hosts = `//([^@/]*@)?${host}(,${host})*`;
  const severalHosts = new RegExp(`^rediss?\\+(sentinel:${hosts}/[^/]+|cluster:${hosts}/?)$`);
  if (severalHosts.test(String(value))) return;
  try {
    requireUrl('redis:', 'rediss:')(value);
  } catch {
    throw new Error(
      'must be redis://host:port, redis+sentinel://host:port,…/master-name or redis+cluster://host:port,…',
    );
  }
}
