import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { createSourceReader, toCustomerNetwork } from '../../../server/http/client-source.js';

function source(remoteAddress: string, forwarded?: string, trustProxy = ''): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  // The reader uses only these two members.
  return createSourceReader(trustProxy)({ headers, socket: { remoteAddress } } as unknown as IncomingMessage);
}

t.test('an IPv4 address is a source, also when mapped into IPv6', async (t) => {
  t.equal(source('192.0.2.7'), '192.0.2.7');
  t.equal(source('::ffff:192.0.2.7'), '192.0.2.7');
});

t.test('all addresses of an IPv6 /56 are one source', async (t) => {
  for (const address of [
    '2001:db8:0:700::1',
    '2001:0db8::07ff:1:2:3:4',
    '2001:DB8:0:7ab:ffff:ffff:ffff:ffff',
  ]) {
    t.equal(source(address), '2001:db8:0:700::/56', address);
  }
  t.equal(source('2001:db8:0:800::1'), '2001:db8:0:800::/56');
  t.equal(source('::1'), '0::/56');
  t.equal(source('fe80::1%eth0'), 'fe80::/56');
});

t.test('an IPv6 source belongs to its /48, an IPv4 source to itself', async (t) => {
  t.equal(toCustomerNetwork(source('2001:db8:7:ff00::1')), '2001:db8:7::/48');
  t.equal(toCustomerNetwork(source('2001:db8:7::1')), '2001:db8:7::/48');
  t.equal(toCustomerNetwork(source('192.0.2.7')), '192.0.2.7');
});

t.test('X-Forwarded-For counts only from trusted addresses, and only its last part', async (t) => {
  t.equal(source('192.0.2.7', '198.51.100.1'), '192.0.2.7');
  t.equal(source('192.0.2.7', '198.51.100.1', '192.0.2.0/24'), '198.51.100.1');
  t.equal(source('192.0.2.7', '203.0.113.9, 198.51.100.1', '192.0.2.0/24'), '198.51.100.1');
  t.equal(source('127.0.0.1', '203.0.113.9, 192.0.2.3', 'loopback, 192.0.2.0/24'), '203.0.113.9');
});
