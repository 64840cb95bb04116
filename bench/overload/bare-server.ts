// An HTTP server on Node that replies to every request with a fixed 503.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const BODY = Buffer.from('{"code":503,"errno":201}');

const server = createServer((_request, response) => {
  response.writeHead(503, { 'Content-Type': 'application/json', 'Content-Length': BODY.length });
  response.end(BODY);
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(`${JSON.stringify({ event: 'listening', url })}\n`);
});
