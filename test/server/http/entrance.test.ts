import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Entrance, openEntrance } from '../../../server/http/entrance.js';

/** So many within 10 ms are let in at once. */
const AT_ONCE = 16;

/** An entrance on a clock that goes when told to, and who was let in. */
function createEntrance() {
  const letIn: number[] = [];
  const clock = { nowMs: 0 };
  const entrance = new Entrance<number>(
    (arrival) => letIn.push(arrival),
    () => clock.nowMs,
  );
  /** Those from `first` on arrive. */
  const arrive = (first: number, count: number) => {
    for (let i = 0; i < count; i++) entrance.arrive(first + i);
  };
  return { letIn, clock, arrive };
}

t.test('who comes alone is let in at once, however many came before', async (t) => {
  const { letIn, clock, arrive } = createEntrance();
  for (let i = 0; i < 100; i++) {
    clock.nowMs += 11;
    arrive(i, 1);
    t.equal(letIn.length, i + 1);
  }
});

t.test('a crowd is let in when no more of it come: the newest and the oldest first', async (t) => {
  const { letIn, arrive } = createEntrance();
  arrive(0, AT_ONCE);
  t.equal(letIn.length, AT_ONCE);
  arrive(100, 6);
  await nextTurn();
  arrive(106, 1);
  await nextTurn();
  t.equal(letIn.length, AT_ONCE, 'some still came since the last turn');
  await nextTurn();
  t.same(letIn.slice(AT_ONCE), [106, 100, 101, 102]);
  await nextTurn();
  t.same(letIn.slice(AT_ONCE + 4), [105, 103, 104]);
  await nextTurn();
  t.equal(letIn.length, AT_ONCE + 7, 'nobody twice');
});

t.test('who comes behind a crowd is let in at the next turn, and slows it down', async (t) => {
  const { letIn, clock, arrive } = createEntrance();
  arrive(0, AT_ONCE + 20);
  await nextTurn();
  await nextTurn();
  t.equal(letIn.length, AT_ONCE + 4);
  clock.nowMs += 20;
  arrive(100, 1);
  t.equal(letIn.length, AT_ONCE + 4, 'not before those who wait');
  await nextTurn();
  t.same(letIn.slice(AT_ONCE + 4), [100, AT_ONCE + 3]);
});

t.test('a crowd without end is held for 0.1 s, and then no more until all of it were let in', async (t) => {
  const { letIn, clock, arrive } = createEntrance();
  let arrived = 0;
  const come = async (count: number) => {
    arrive(arrived, count);
    arrived += count;
    await nextTurn();
    clock.nowMs += 1;
  };
  await come(AT_ONCE + 1);
  while (clock.nowMs < 98) await come(2);
  const before = letIn.length;
  for (let i = 0; i < 5; i++) await come(1);
  t.ok(letIn.length >= before + 6, `${letIn.length - before} in five turns`);
  const heldOnce = arrived - letIn.length;
  for (let i = 0; i < heldOnce; i++) await come(1);
  t.ok(arrived - letIn.length <= 16, 'all but the last few are let in while others keep coming');
  for (let i = 0; i < 20; i++) await nextTurn();
  t.same(
    letIn.toSorted((a, b) => a - b),
    Array.from({ length: arrived }, (_, i) => i),
    'each once',
  );
});

/** A server that answers with the path it was asked for. */
async function startServer(t: Test): Promise<{ server: Server; port: number }> {
  const server = createServer(({ url }, response) => response.end(url));
  openEntrance(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

async function read(socket: Socket): Promise<string> {
  let received = '';
  for await (const chunk of socket.setEncoding('latin1')) received += chunk;
  return received;
}

t.test('a server answers every connection of a crowd, those too that hang up halfway', async (t) => {
  const { server, port } = await startServer(t);
  const answers = Array.from({ length: 300 }, async (_, i) => {
    const socket = connect(port, '127.0.0.1');
    if (i % 10 === 9) {
      socket.on('error', () => {});
      socket.write('GET /half');
      await once(socket, 'connect');
      socket.resetAndDestroy();
      return;
    }
    // Half of them send their request in two pieces.
    socket.write(`GET /${i} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n`);
    if (i % 2 === 1) await once(socket, 'connect');
    socket.write('\r\n');
    const answer = await read(socket);
    t.ok(answer.startsWith('HTTP/1.1 200 ') && answer.endsWith(`\r\n\r\n/${i}`), answer);
  });
  await Promise.all(answers);
  server.close();
  await once(server, 'close');
});
