import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { watchResponses } from '../support/openapi/watch-responses.js';

async function watch(t: Test, write: (response: ServerResponse) => void): Promise<unknown> {
  const closed: Promise<unknown>[] = [];
  const server = createServer((_, response) => {
    closed.push(once(response, 'close'));
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Timestamp', '1384275600');
    write(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ends: (() => unknown)[] = [];
  watchResponses({ teardown: (end) => void ends.push(end) }, url);
  await (await fetch(`${url}/__lbheartbeat__`)).text();
  await Promise.all(closed);
  try {
    return ends[0]?.();
  } catch (error) {
    return (error as Error).message;
  }
}

t.test('documented replies pass, also in pieces', async (t) => {
  t.equal(await watch(t, (response) => response.end('{}')), undefined);
  const inPieces = (response: ServerResponse) => {
    response.write('{');
    response.end(Buffer.from('}'));
  };
  t.equal(await watch(t, inPieces), undefined);
});

t.test('undocumented replies fail the test that caused them', async (t) => {
  const end = await watch(t, (response) => response.end('{"more":1}'));
  t.match(end, /violates the OpenAPI document/);
});
