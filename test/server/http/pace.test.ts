import type { IncomingMessage, ServerResponse } from 'node:http';
import t from 'tap';
import { Pace, paceRequests } from '../../../server/http/pace.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

t.test('so many begin at once, as many at each turn after, in order', async (t) => {
  const pace = new Pace(2);
  const begun: number[] = [];
  for (let i = 0; i < 5; i++) pace.turn('a').then(() => begun.push(i));
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
  for (const name of ['a', 'b', 'c']) pace.turn('a').then(() => begun.push(name));
  await nextTurn();
  pace.turn('a').then(() => begun.push('d'));
  for (let i = 0; i < 3; i++) await nextTurn();
  t.same(begun, ['a', 'b', 'c', 'd']);
});

t.test('one after the other waits for nobody', async (t) => {
  const pace = new Pace(1);
  for (let i = 0; i < 3; i++) {
    let begun = false;
    pace.turn('a').then(() => {
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

t.test(
  'requests for a path take turns however it is written, those of a longer one with them, and no others',
  async (t) => {
    const begun: string[] = [];
    const handle = ({ url }: IncomingMessage) => void begun.push(url as string);
    const paced = paceRequests(handle, new Pace(1), ['/v1/slow'], () => 'a');
    const slow = ['/v1/slow', '/v1/slow/', '/V1/Slow', '/v1/slow?a=b', 'http://h/v1/slow', '/v1/slow/er'];
    for (const url of [...slow, '/v1/fast']) paced({ url } as IncomingMessage, {} as ServerResponse);
    t.same(begun, ['/v1/fast']);
    await Promise.resolve();
    t.same(begun.slice(1), ['/v1/slow']);
    for (let i = 0; i < 5; i++) await nextTurn();
    t.same(begun.slice(1), slow);
  },
);

t.test('sources take turns, however much one has waiting', async (t) => {
  const pace = new Pace(1);
  const begun: string[] = [];
  for (const source of ['a', 'a', 'a', 'a', 'b', 'b', 'c']) {
    pace.turn(source).then(() => begun.push(source));
  }
  for (let i = 0; i < 8; i++) await nextTurn();
  t.same(begun, ['a', 'a', 'b', 'c', 'a', 'b', 'a']);
});

t.test('while connections arrive next to nothing begins, but something does', async (t) => {
  const pace = new Pace(2);
  let begun = 0;
  for (let i = 0; i < 20; i++) {
    pace.turn('a').then(() => {
      begun++;
    });
  }
  await Promise.resolve();
  const before = begun;
  for (let i = 0; i < 50; i++) {
    pace.noteArrival();
    await nextTurn();
  }
  t.equal(begun, before);
  for (let i = 0; i < 50; i++) {
    pace.noteArrival();
    await nextTurn();
  }
  t.equal(begun, before + 2);
  await nextTurn();
  t.equal(begun, before + 4, 'and all go on when none arrives');
});
