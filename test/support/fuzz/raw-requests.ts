import fc from 'fast-check';
import { endpoints } from '../../../server/routes.js';
import { arbitraryByteChange, type ByteChange, changeBytes } from './mutations.js';

export interface RawCase {
  requests: RawRequest[];
  changes: ByteChange[];
}

interface RawRequest {
  method: string;
  target: string;
  version: string;
  /** All except Host. */
  headers: string[];
  saysLength: boolean;
  body: string;
  lineEnd: string;
}

const PATHS = endpoints.map(({ path }) => path);

const arbitraryTarget = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...PATHS, '/__heartbeat__', '/__version__', '/.well-known/browserid'),
  },
  {
    weight: 4,
    arbitrary: fc.oneof(
      fc.constantFrom(
        '*',
        '/',
        '//',
        '/v1',
        '/v1/',
        '//v1/auth/start',
        '/v1/../v1/auth/start',
        '/v1/auth/start/',
        '/V1/AUTH/START',
        '/v1/auth%2fstart',
        '/v1/auth/start%00',
        '/%',
        '/%ff%fe',
        'http://localhost/v1/auth/start',
        'http://[::1',
        'http://a:b:c/',
        'https://user:pw@host:99999/x',
        'localhost:443',
        '/v1/auth/start#x',
        '/?__proto__[x]=1',
        `/${'a'.repeat(4000)}`,
        `/${'../'.repeat(1000)}`,
        `/v1/${'%'.repeat(2000)}`,
      ),
      fc.webPath(),
      fc.string({ unit: 'binary-ascii', minLength: 1 }),
    ),
  },
);

const COMMON_LINES = [
  'Content-Type: application/json',
  'Accept: application/json',
  'Accept-Language: de',
  'User-Agent: fuzz',
  `Authorization: Hawk id="${'a'.repeat(64)}", ts="1", nonce="n", mac="m"`,
];

const arbitraryHostileLine = fc.oneof(
  fc.constantFrom(
    'Host:',
    'Host: a\x01b',
    'Content-Length: 5',
    'Content-Length: 0',
    'Content-Length: -1',
    'Content-Length: +2',
    'Content-Length: 1, 1',
    'Content-Length: 99999999999999999999',
    'Content-Length: 0x10',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding : chunked',
    'Connection: close',
    'Connection: keep-alive, Upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
    'Expect: 100-continue',
    'Expect: the unexpected',
    'Accept: text/event-stream',
    'Range: bytes=0-1',
    'If-None-Match: *',
    'X-HTTP-Method-Override: DELETE',
    'X-Forwarded-For: 1.2.3.4, ,[::1]:80, x',
    'Authorization: Hawk',
    'Authorization: Hawk id="a", ts="1", nonce="n", mac="m"',
    `Authorization: Hawk id="${'a'.repeat(64)}", ts="NaN", nonce="${'n'.repeat(300)}", mac="m", hash="h", ext="\\"`,
    `Authorization: Hawk ${'id="a",'.repeat(400)}`,
    'Authorization: Basic YTpi',
    `Cookie: ${'a=b; '.repeat(200)}`,
    `X-Long: ${'x'.repeat(20_000)}`,
    ' folded: line',
    'no colon',
    ': no name',
    'Näme: latin',
  ),
  fc
    .tuple(fc.stringMatching(/^[A-Za-z-]{1,12}$/), fc.string({ maxLength: 20 }))
    .map(([name, value]) => `${name}: ${value}`),
);

const arbitraryBodyText = fc.oneof(
  fc.constantFrom(
    '',
    '{}',
    '5\r\n{"a":\r\n0\r\n\r\n',
    'ffffffff\r\n',
    '-1\r\n',
    '0\r\nTrailer: x\r\n\r\n',
    '[[[[',
  ),
  fc.json({ maxDepth: 2 }),
  fc.string({ unit: 'binary', maxLength: 50 }),
);

const arbitraryRawRequest: fc.Arbitrary<RawRequest> = fc.record({
  method: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('GET', 'POST') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'HEAD',
        'OPTIONS',
        'PUT',
        'TRACE',
        'CONNECT',
        'PRI',
        'M-SEARCH',
        'get',
        '',
        'POST ',
      ),
    },
  ),
  target: arbitraryTarget,
  version: fc.oneof(
    { weight: 8, arbitrary: fc.constant('HTTP/1.1') },
    { weight: 1, arbitrary: fc.constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'RTSP/1.0', '') },
  ),
  headers: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...COMMON_LINES) },
      { weight: 1, arbitrary: arbitraryHostileLine },
    ),
    { maxLength: 5 },
  ),
  saysLength: fc.boolean(),
  body: arbitraryBodyText,
  lineEnd: fc.oneof(
    { weight: 9, arbitrary: fc.constant('\r\n') },
    { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\n\r') },
  ),
});

export const arbitraryRawCase: fc.Arbitrary<RawCase> = fc.record({
  requests: fc.array(arbitraryRawRequest, { minLength: 0, maxLength: 3 }),
  changes: fc.oneof(
    { weight: 2, arbitrary: fc.constant<ByteChange[]>([]) },
    { weight: 1, arbitrary: fc.array(arbitraryByteChange, { minLength: 1, maxLength: 3 }) },
  ),
});

export function writeRawCase({ requests, changes }: RawCase): Buffer {
  return changes.reduce(changeBytes, Buffer.from(requests.map(writeRequest).join(''), 'latin1'));
}

function writeRequest({ method, target, version, headers, saysLength, body, lineEnd }: RawRequest): string {
  const length = saysLength ? [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`] : [];
  return [`${method} ${target} ${version}`, 'Host: localhost', ...headers, ...length, '', body].join(lineEnd);
}
