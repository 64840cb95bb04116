import fc from 'fast-check';
import type { Endpoint } from '../../../server/endpoint.js';
import { toHex } from '../api/accounts.js';
import { ADDRESSES, NOBODY } from './fuzzed-server.js';
import { arbitraryByteChange, arbitraryMutation, type ByteChange, type Mutation } from './mutations.js';
import { arbitraryBody } from './valid-body.js';

export interface FuzzedRequest {
  method: string;
  path: string;
  query: string;
  account: number;
  body: unknown;
  /** Whether the secret members are correct before the changes. */
  fits: boolean;
  mutations: Mutation[];
  byteChanges: ByteChange[];
  headers: [name: string, value: string][];
  signatureChanges: ByteChange[];
}

/** Endpoints that stretch: few cases, for existing accounts. */
const STRETCHING = {
  '/v1/raw_password/account/create': { email: fc.constantFrom(...ADDRESSES) },
  '/v1/raw_password/session/create': { email: arbitraryStranger() },
  '/v1/raw_password/password/change': { email: arbitraryStranger() },
};
const RARELY_SOMEBODY = fc.oneof(
  { weight: 200, arbitrary: fc.constant(NOBODY) },
  { weight: 1, arbitrary: fc.nat(ADDRESSES.length - 1) },
);

const arbitraryHeader: fc.Arbitrary<[string, string]> = fc.oneof(
  fc.tuple(
    fc.constant('Content-Type'),
    fc.constantFrom(
      'application/json; charset=utf-16',
      'application/json;',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/vnd.api+json',
      ';;;',
    ),
  ),
  fc.tuple(fc.constant('Content-Encoding'), fc.constantFrom('gzip', 'identity', 'br', 'zstd, gzip')),
  fc.tuple(
    fc.constant('Accept'),
    fc.constantFrom('text/event-stream', '*/*;q=0', 'text/html', ',,;q=x', 'text/event-stream, */*'),
  ),
  fc.tuple(
    fc.constantFrom(
      'Accept',
      'Accept-Language',
      'X-Forwarded-For',
      'Forwarded',
      'Origin',
      'Cookie',
      'Expect',
    ),
    fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).filter(isHeaderByte).map(String.fromCharCode) }),
  ),
  fc.tuple(fc.constant('Accept-Language'), fc.constantFrom('de', 'zz-ZZ;q=2', '*', 'fr;q=0, ja'.repeat(200))),
);

function arbitraryRequestTo({ method, path, body, token }: Endpoint): fc.Arbitrary<FuzzedRequest> {
  const known =
    path in STRETCHING ? STRETCHING[path as keyof typeof STRETCHING] : { email: arbitraryAddress() };
  const email = known.email.map(toHex);
  const somebody = fc.nat(ADDRESSES.length - 1);
  return fc.record({
    method: usually(fc.constant<string>(method), fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'OPTIONS')),
    path: fc.constant(path),
    query: usually(
      fc.constant(''),
      fc.constantFrom('?service=sync', '?%', '?a[b]=c&a=d', '?__proto__=1', '?#'),
    ),
    account: token && path === '/v1/raw_password/password/reset' ? RARELY_SOMEBODY : somebody,
    body: body ? arbitraryBody(body, { email }) : usually(fc.constant(undefined), fc.jsonValue()),
    fits: fc.boolean(),
    mutations: fc.array(arbitraryMutation, { maxLength: 3 }),
    byteChanges: usually(fc.constant([]), fc.array(arbitraryByteChange, { minLength: 1, maxLength: 2 })),
    headers: usually(fc.constant([]), fc.array(arbitraryHeader, { minLength: 1, maxLength: 2 })),
    signatureChanges: usually(fc.constant([]), fc.array(arbitraryByteChange, { minLength: 1, maxLength: 2 })),
  });
}

export function arbitraryRequest(endpoints: Endpoint[]): fc.Arbitrary<FuzzedRequest> {
  return fc.oneof(...endpoints.map(arbitraryRequestTo));
}

function usually<A, B>(most: fc.Arbitrary<A>, some: fc.Arbitrary<B>): fc.Arbitrary<A | B> {
  return fc.oneof({ weight: 9, arbitrary: most }, { weight: 1, arbitrary: some });
}

function arbitraryAddress(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom(...ADDRESSES), arbitraryStranger());
}

function arbitraryStranger(): fc.Arbitrary<string> {
  const name = fc.stringMatching(/^[a-zé+.ß]{1,20}$/);
  return fc.tuple(name, name).map(([local, domain]) => `${local}@${domain}.example`);
}

/** Header values that node:http accepts (RFC 9110, section 5.5). */
function isHeaderByte(code: number): boolean {
  return code !== 0x7f && (code >= 0x20 || code === 0x09);
}
