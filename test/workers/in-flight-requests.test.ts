import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { InFlightRequests } from '../../workers/in-flight-requests.js';

const MIB = 2 ** 20;

t.test('the next request of a source waits behind the sum of min(n_i, n + 1)', async (t) => {
  const inFlight = new InFlightRequests();
  const add = (source: string, count: number) => {
    for (let i = 0; i < count; i++) inFlight.add(source);
  };
  add('a', 1);
  add('b', 3);
  add('c', 100);
  const ahead = () => ['new', 'a', 'b', 'c'].map((source) => inFlight.countAhead(source));
  t.same(ahead(), [3, 1 + 2 + 2, 1 + 3 + 4, 1 + 3 + 100]);
  inFlight.remove('b');
  inFlight.remove('a');
  t.same(ahead(), [2, 2, 2 + 3, 2 + 100]);
});

t.test('200,000 sources without requests use no memory', async (t) => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');
  const inFlight = new InFlightRequests();
  const measure = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed / MIB;
  };
  const before = measure();
  for (let i = 0; i < 200_000; i++) {
    inFlight.add(`source ${i}`);
    inFlight.remove(`source ${i}`);
  }
  t.ok(measure() - before < 2, 'MiB');
  t.equal(inFlight.countAhead('source 1'), 0);
});
