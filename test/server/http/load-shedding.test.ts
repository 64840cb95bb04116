import t from 'tap';
import { InFlightRequests } from '../../../server/http/load-shedding.js';
import { endpoints, STRETCH_PATH_PART, stretchPaths } from '../../../server/routes.js';
import { createAccounts, rawLogin } from '../../support/api/raw-logins.js';
import { startServer } from '../../support/api/start-server.js';
import { waitUntil } from '../../support/wait-until.js';

/** The sum of min(n_i, n + 1) over all sources. */
function sumByDefinition(inFlight: Map<string, number>, source: string): number {
  const own = inFlight.get(source) ?? 0;
  return [...inFlight.values()].reduce((sum, n) => sum + Math.min(n, own + 1), 0);
}

t.test('the next request of a source waits behind the sum of min(n_i, n + 1)', async (t) => {
  const counted = new InFlightRequests();
  const reference = new Map<string, number>();
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let step = 0; step < 3000; step++) {
    const source = `source ${random(7)}`;
    const own = reference.get(source) ?? 0;
    if (random(5) < 3) {
      counted.add(source);
      reference.set(source, own + 1);
    } else if (own > 0) {
      counted.remove(source);
      reference.set(source, own - 1);
    }
    const next = `source ${random(9)}`;
    if (counted.countAhead(next) !== sumByDefinition(reference, next)) t.fail(`step ${step}`);
  }
  for (const [source, own] of reference) for (let i = 0; i < own; i++) counted.remove(source);
  t.equal(counted.sources, 0);
  t.equal(counted.countAhead('source 1'), 0);
});

t.test('200,000 sources without requests use no memory', async (t) => {
  const counted = new InFlightRequests();
  for (let i = 0; i < 200_000; i++) {
    counted.add(`source ${i}`);
    counted.remove(`source ${i}`);
  }
  t.equal(counted.sources, 0);
});

t.test('load shedding covers exactly the endpoints that stretch', async (t) => {
  t.ok(stretchPaths.length > 0);
  const seen = endpoints.map(({ path }) => path).filter((path) => path.includes(STRETCH_PATH_PART));
  t.same(seen, stretchPaths);
});

t.test('finished requests are not in flight, whatever their outcome', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' });
  const { inFlight } = server.services;
  const [email = ''] = await createAccounts(server, 1);
  t.equal((await rawLogin(server, email, '192.0.2.1')).status, 200);
  t.equal((await rawLogin(server, 'nobody@example.com', '192.0.2.2')).status, 400);
  const hangUp = new AbortController();
  const abandoned = rawLogin(server, email, '192.0.2.3', { signal: hangUp.signal });
  await waitUntil(() => inFlight.sources === 1);
  hangUp.abort();
  await t.rejects(abandoned);
  await waitUntil(() => inFlight.sources === 0);
});

t.test('a source without requests in flight is served while another is refused', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback', STRETCH_MAX_WAIT: '5' });
  const [email = ''] = await createAccounts(server, 1);
  const { inFlight } = server.services;
  for (let i = 0; i < 1000; i++) inFlight.add('192.0.2.1');
  const refused = await rawLogin(server, email, '192.0.2.1');
  t.match(refused, { status: 503, body: { errno: 201, retryAfter: Number } });
  t.equal(refused.headers['retry-after'], String(refused.body.retryAfter));
  t.equal(refused.headers['access-control-allow-origin'], '*');
  t.equal((await rawLogin(server, email, '192.0.2.2')).status, 200);
});
