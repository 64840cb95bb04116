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
    const address = proxyaddr.all(request, trust).slice(-2).map(withoutPort).findLast(isIP);
    return toSource(address ?? '');
  };
}

export function toSource(address: string): string {
  return toNetwork(address, 56);
}

/** Returns the /48 of an IPv6 source, as its customer can have 256 sources. An IPv4 source remains as it is. */
export function toCustomerNetwork(source: string): string {
  return toNetwork(source, 48);
}

/** Some proxies append the client's port, so each connection would be its own source. */
function withoutPort(address = ''): string {
  return address.replace(/^([\d.]+):\d+$|^\[(.+)\](?::\d+)?$/, '$1$2');
}

function toNetwork(address: string, bits: number): string {
  const [withoutZoneOrLength = ''] = address.split(/[%/]/);
  if (isIPv4(address) || !ipaddr.isValid(withoutZoneOrLength)) return address;
  const parsed = ipaddr.process(withoutZoneOrLength);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const masked = new ipaddr.IPv6(parsed.toByteArray().fill(0, bits / 8));
  return `${masked.toNormalizedString().replace(/(:0)+$/, '::')}/${bits}`;
}
