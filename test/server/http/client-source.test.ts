import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { readClientSource } from '../../../server/http/client-source.js';

function source(remoteAddress: string, forwarded?: string, trustProxy = ''): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return readClientSource({ headers, socket: { remoteAddress } } as unknown as IncomingMessage, trustProxy);
}

t.test('an IPv4 address is a source, also when it comes mapped into IPv6', async (t) => {
  t.equal(source('192.0.2.7'), '192.0.2.7');
  t.equal(source('::ffff:192.0.2.7'), '192.0.2.7');
});

t.test('all addresses of an IPv6 /64 are one source', async (t) => {
  for (const address of ['2001:db8:0:7::1', '2001:0db8::0007:1:2:3:4', '2001:DB8:0:7:ffff:ffff:ffff:ffff']) {
    t.equal(source(address), '2001:db8:0:7::/64', address);
  }
  t.equal(source('2001:db8:0:8::1'), '2001:db8:0:8::/64');
  t.equal(source('::1'), '0:0:0:0::/64');
  t.equal(source('fe80::1%eth0'), 'fe80:0:0:0::/64');
});

t.test('X-Forwarded-For counts from trusted addresses only, and only the part they vouch for', async (t) => {
  t.equal(source('192.0.2.7', '198.51.100.1'), '192.0.2.7');
  t.equal(source('192.0.2.7', '198.51.100.1', '192.0.2.0/24'), '198.51.100.1');
  t.equal(source('192.0.2.7', '203.0.113.9, 198.51.100.1', '192.0.2.0/24'), '198.51.100.1');
  t.equal(source('127.0.0.1', '203.0.113.9, 192.0.2.3', 'loopback, 192.0.2.0/24'), '203.0.113.9');
});
