import type { Context } from 'koa';
import t from 'tap';
import { Pace, paceRequests } from '../../server/http/pace.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

t.test('so many begin at once, as many at each turn after, in order', async (t) => {
  const pace = new Pace(2);
  const begun: number[] = [];
  for (let i = 0; i < 5; i++) pace.turn().then(() => begun.push(i));
  await Promise.resolve();
  t.same(begun, [0, 1]);
  await nextTurn();
  t.same(begun, [0, 1, 2, 3]);
  await nextTurn();
  t.same(begun, [0, 1, 2, 3, 4]);
});

t.test('who comes while others wait does not overtake them', async (t) => {
  const pace = new Pace(1);
  const begun: string[] = [];
  for (const name of ['a', 'b', 'c']) pace.turn().then(() => begun.push(name));
  await nextTurn();
  pace.turn().then(() => begun.push('d'));
  for (let i = 0; i < 3; i++) await nextTurn();
  t.same(begun, ['a', 'b', 'c', 'd']);
});

t.test('one after the other waits for nobody', async (t) => {
  const pace = new Pace(1);
  for (let i = 0; i < 3; i++) {
    let begun = false;
    pace.turn().then(() => {
      begun = true;
    });
    await Promise.resolve();
    t.ok(begun);
    await nextTurn();
    await nextTurn();
  }
});

t.test('less than one a turn would be never', async (t) => {
  t.throws(() => new Pace(0), { name: 'RangeError' });
});

t.test('requests for a path take turns however it is written, and no others', async (t) => {
  const middleware = paceRequests(new Pace(1), ['/v1/slow']);
  const begun: string[] = [];
  const begin = (path: string) => middleware({ path } as Context, async () => void begun.push(path));
  const written = ['/v1/slow', '/v1/slow/', '/V1/Slow', '/v1/slow/er', '/v1/fast'];
  for (const path of written) begin(path);
  await Promise.resolve();
  t.same(begun, ['/v1/slow/er', '/v1/fast', '/v1/slow']);
  for (let i = 0; i < 2; i++) await nextTurn();
  t.same(begun.slice(3), ['/v1/slow/', '/V1/Slow']);
});
