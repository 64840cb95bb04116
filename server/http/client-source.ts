import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';
import { splitList } from '../../config/rules.js';

/**
 * Returns a function for the source of a request: an IPv4 address, or the /56 of an IPv6 address.
 * @param trustProxy comma-separated addresses and networks whose X-Forwarded-For is trusted
 * @see RFC 6177 (a home site gets a /56)
 */
export function createSourceReader(trustProxy: string): (request: IncomingMessage) => string {
  const trust = proxyaddr.compile(splitList(trustProxy));
  return (request) => {
    // The last address is the client, as reported by the proxy before it.
    const [client, proxy] = proxyaddr.all(request, trust).reverse();
    const address = [client, proxy].map(withoutPort).find((candidate) => isIP(candidate));
    return toSource(address ?? '');
  };
}

export function toSource(address: string): string {
  return isIPv4(address) ? address : maskIpv6(address, 56);
}

/** Returns the /48 of an IPv6 source, which has at most one customer; `undefined` for IPv4. */
export function toCustomerNetwork(source: string): string | undefined {
  return source.includes(':') ? maskIpv6(source.replace(/\/56$/, ''), 48) : undefined;
}

/** Some proxies append the client's port, so each connection would be its own source. */
function withoutPort(address = ''): string {
  return /^(?:(\d+(?:\.\d+){3}):\d+|\[(.+)\](?::\d+)?)$/.exec(address)?.slice(1).find(Boolean) ?? address;
}

function maskIpv6(address: string, bits: number): string {
  const [withoutZone = ''] = address.split('%');
  if (!ipaddr.isValid(withoutZone)) return address;
  const parsed = ipaddr.process(withoutZone);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const masked = new ipaddr.IPv6(parsed.toByteArray().fill(0, bits / 8));
  return `${masked.toNormalizedString().replace(/(:0)+$/, '::')}/${bits}`;
}
