import t from 'tap';
import { checkResponse } from '../support/openapi/check-response.js';

const headers = { timestamp: '1384275600', 'content-type': 'application/json; charset=utf-8' };
const reply = { uid: '4c352927-cd4f-4a4a-a03d-7d1893d950b8' };
const error = { code: 400, errno: 101, error: 'Bad Request', message: 'no', info: 'https://x.test/' };

function check(status: number, body: object, changes: object = {}) {
  const path = '/v1/account/create';
  checkResponse({ method: 'POST', path, status, headers, text: JSON.stringify(body), ...changes });
}

t.test('documented replies pass', async () => {
  check(200, reply);
  check(400, error);
  check(400, { ...error, errno: 108, param: 'srp.salt' });
  check(
    429,
    { ...error, code: 429, errno: 114, retryAfter: 3 },
    { headers: { ...headers, 'retry-after': '3' } },
  );
  check(500, { ...error, code: 500, errno: 999 });
  check(404, { ...error, code: 404, errno: 999 }, { path: '/v1/nowhere' });
  check(200, {}, { path: '/verify_email', method: 'GET', headers: {} });
});

t.test('undocumented replies are reported', async (t) => {
  const wrong: [string, number, object, object?][] = [
    ['an additional member', 200, { ...reply, secret: 1 }],
    ['a missing member', 200, {}],
    ['a value of another type', 200, { uid: 'x' }],
    ['an errno this operation does not have', 400, { ...error, errno: 104 }],
    ['an errno under another status', 401, { ...error, code: 401, errno: 101 }],
    ['a code that is not the status', 400, { ...error, code: 401 }],
    ['a status that is not documented', 418, { ...error, code: 418 }],
    ['no Timestamp', 200, reply, { headers: { ...headers, timestamp: undefined } }],
    ['no Retry-After', 429, { ...error, code: 429, errno: 114, retryAfter: 3 }],
    ['another content type', 200, reply, { headers: { ...headers, 'content-type': 'text/html' } }],
    ['a success for an unknown path', 200, reply, { path: '/v1/nowhere' }],
  ];
  for (const [what, status, body, changes] of wrong) {
    t.throws(() => check(status, body, changes), { message: /violates the OpenAPI document/ }, what);
  }
});
