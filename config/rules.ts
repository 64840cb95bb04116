import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import proxyaddr from 'proxy-addr';
import * as z from 'zod';

/** A rate limit: `points` events in a window of `seconds`. */
export interface Rate {
  points: number;
  seconds: number;
}

// RFC 5321, 4.1.2 (Dot-string) and 2.3.5, with non-ASCII characters (RFC 6531).
const LOCAL_PART = String.raw`[^\s\p{Cc}"(),:;<>@[\\\].]+(?:\.[^\s\p{Cc}"(),:;<>@[\\\].]+)*`;
const MAIL_DOMAIN = String.raw`[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*`;
const ADDRESS = `${LOCAL_PART}@${MAIL_DOMAIN}`;
/** RFC 5322, 3.4, without the forms that header parsers interpret differently. */
const SENDER_NAME = String.raw`(?:"[^"\\\p{Cc}]*" *|[^"(),:;<>@[\\\]\p{Cc}]+)`;
const MAIL_SENDER = new RegExp(`^(?:${ADDRESS}|${SENDER_NAME}?<${ADDRESS}>)$`, 'u');

/** A label of a host name (RFC 1123, 2.1), in lower case because relying parties compare issuers exactly. */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);

/** At most 999999 seconds: Node's timers end at about two million. */
const RATE = /^([1-9][0-9]{0,8})\/([1-9][0-9]{0,5})$/;

// Messages never contain the value, which may be a secret.

export function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return z
    .string()
    .refine(
      (text) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most,
      `must be an integer ${range}`,
    )
    .transform(Number);
}

export const portNumber = integer(0, 65535);

export const positiveNumber = z
  .string()
  .refine((text) => Number.isFinite(Number(text)) && Number(text) > 0, 'must be a number above 0')
  .transform(Number);

export function oneOf<const Names extends readonly [string, ...string[]]>(...names: Names) {
  return z.enum(names, { error: `must be one of ${names.join(', ')}` });
}

export const onOff = z.enum(['on', 'off'], { error: 'must be on or off' }).transform((text) => text === 'on');

export const rate = z
  .string()
  .regex(RATE, 'must be count/seconds, with at most 999999 seconds, for example 20/900')
  .transform((text): Rate => {
    const [points, seconds] = text.split('/').map(Number) as [number, number];
    return { points, seconds };
  });

export const proxyAddresses = z.string().refine((text) => {
  try {
    proxyaddr.compile(splitList(text));
    return true;
  } catch {
    return false;
  }
}, 'must be addresses or networks, separated by commas');

export const mailSender = z
  .string()
  .regex(MAIL_SENDER, 'must be an address, or Name <address>; quote a name with special characters');

/** A host name or address, with or without a port. */
export const host = z
  .string()
  .refine(isHost, 'must be a host name in lower case, without scheme and path, for example example.org');

export const publicUrl = url('http:', 'https:').refine((text) => {
  const { search, hash, username, password } = new URL(text);
  return !(search || hash || username || password);
}, 'must not have a user, a query or a fragment');

export const postgresUrl = url('postgres:', 'postgresql:');

export const smtpUrl = url('smtp:', 'smtps:');

/** Sentinel and Cluster URLs name several hosts, which the URL parser does not accept. */
export const redisUrl = z
  .string()
  .refine(
    (text) => isRedisWithSeveralHosts(text) || hasProtocol(text, ['redis:', 'rediss:']),
    'must be redis://host:port, redis+sentinel://host:port,…/master-name or redis+cluster://host:port,…',
  );

/** `open`, `closed`, or domains, comma-separated: as ASCII (punycode), in lower case. */
export const registration = z
  .string()
  .refine(
    (text) => text === 'open' || text === 'closed' || isListOfDomains(text),
    'must be open, closed, or domains, for example example.org,example.com',
  )
  .transform((text) => (text === 'open' || text === 'closed' ? text : toDomains(text)));

export const storageKeys = z
  .string()
  .regex(/^[0-9a-f]{64}(,[0-9a-f]{64})*$/i, 'must be one or more keys of 64 hex digits, separated by commas');

export function splitList(text: string): string[] {
  return text.split(',').flatMap((entry) => entry.trim() || []);
}

function isListOfDomains(text: string): boolean {
  const domains = toDomains(text);
  return domains.length > 0 && domains.every((domain) => HOST_NAME.test(domain) && domain.includes('.'));
}

/** An invalid domain becomes an empty string. */
function toDomains(text: string): readonly string[] {
  return Object.freeze(splitList(text).map(domainToASCII));
}

function url(...protocols: string[]) {
  const rule = `must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`;
  return z.string().refine((text) => hasProtocol(text, protocols), { error: rule, abort: true });
}

function hasProtocol(text: string, protocols: string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}

function isRedisWithSeveralHosts(text: string): boolean {
  const host = '([\\w.-]+|\\[[\\da-fA-F:.]+\\])(:\\d{1,5})?';
  const hosts = `//([^@/]*@)?${host}(,${host})*`;
  return new RegExp(`^rediss?\\+(sentinel:${hosts}/[^/]+|cluster:${hosts}/?)$`).test(text);
}

function isHost(text: string): boolean {
  const [, name = '', port] = /^(.*?)(?::([1-9]\d{0,4}))?$/s.exec(text) ?? [];
  const isName = HOST_NAME.test(name) || (/^\[.*\]$/.test(name) && isIPv6(name.slice(1, -1)));
  return isName && Number(port ?? 1) <= 65535;
}
