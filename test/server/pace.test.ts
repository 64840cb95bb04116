import t from 'tap';
import { Pace } from '../../server/http/pace.js';

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
