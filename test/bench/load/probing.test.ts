import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { probe } from '../../../bench/load/probing.js';
import { type PreparedRequest, Sender } from '../../../bench/load/sender.js';

t.test('a probe does not wait for the reply to an earlier one', async (t) => {
  const held: ServerResponse[] = [];
  const server = createServer((_, response) => {
    held.push(response);
    // The last probe releases all: a client that waits for the first would block.
    if (held.length === 6) for (const waiting of held) waiting.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sender = new Sender(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 8);
  t.teardown(() => {
    sender.close();
    server.close();
  });
  const get = (path: string) => () => ({ method: 'GET' as const, path, headers: {} });
  const kinds = { a: get('/a'), b: get('/b') };
  const send = async (request: PreparedRequest) => (await sender.sendOk(request)).ms;
  const latencies = await probe(kinds, send, { intervalMs: 2, durationMs: 12 });
  t.same([latencies.a.length, latencies.b.length], [3, 3]);
});

t.test('a probe that fails ends the measurement with its error', async (t) => {
  const kinds = { a: () => ({ method: 'GET' as const, path: '/', headers: {} }) };
  const send = async () => {
    throw new Error('refused');
  };
  await t.rejects(probe(kinds, send, { intervalMs: 2, durationMs: 12 }), { message: 'refused' });
});
