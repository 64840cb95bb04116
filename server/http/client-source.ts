import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';
import proxyaddr from 'proxy-addr';
import { splitList } from '../../config/rules.js';

const compiled = new Map<string, (address: string, hop: number) => boolean>();
/** Of requests that are under way: to ask the system for an address costs more than all the rest. */
const known = new WeakMap<IncomingMessage, string>();

/**
 * Where a request comes from, as fairness and limits count it: an IPv4 address, or the /64 of an IPv6
 * one, since whoever has one address of a /64 has them all.
 * @param trustProxy addresses and networks whose X-Forwarded-For counts, comma-separated; for one request always
 *   the same
 * @see RFC 6177 (the /64 as the smallest site)
 */
export function readClientSource(request: IncomingMessage, trustProxy: string): string {
  const source = known.get(request) ?? findClientSource(request, trustProxy);
  known.set(request, source);
  return source;
}

function findClientSource(request: IncomingMessage, trustProxy: string): string {
  let trust = compiled.get(trustProxy);
  if (!trust) {
    trust = proxyaddr.compile(splitList(trustProxy));
    compiled.set(trustProxy, trust);
  }
  // The last one is the client, as the one before, whom we trust, says.
  const [said, sayer] = proxyaddr.all(request, trust).reverse();
  const address = [said, sayer].map(withoutPort).find((candidate) => isIP(candidate));
  return toSource(address ?? '');
}

/** Some proxies add the client's port, which would make each connection a source. */
function withoutPort(address = ''): string {
  return /^(?:(\d+(?:\.\d+){3}):\d+|\[(.+)\](?::\d+)?)$/.exec(address)?.slice(1).find(Boolean) ?? address;
}

function toSource(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  return isIPv6(address) ? expandPrefix(address) : address;
}

/** The first four groups of an IPv6 address, without leading zeros. */
function expandPrefix(address: string): string {
  const [head = '', tail] = (address.split('%')[0] as string).split('::');
  const groups = head ? head.split(':') : [];
  const tailGroups = tail ? tail.split(':') : [];
  if (tail !== undefined) groups.push(...Array(Math.max(0, 8 - groups.length - tailGroups.length)).fill('0'));
  const prefix = [...groups, ...tailGroups].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${prefix.join(':')}::/64`;
}
