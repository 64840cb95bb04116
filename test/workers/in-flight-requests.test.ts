import t from 'tap';
import { InFlightRequests } from '../../workers/in-flight-requests.js';

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
