import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { BurstAnswer, BurstOrder } from './burst.js';
import type { PreparedRequest } from './sender.js';

/*
 * Uses no HTTP library: with one, a thousand clients keep a core busy for most of a second, and the server waits
 * for the clients.
 */

const { url, requests } = workerData as BurstOrder;
const { hostname, port, host } = new URL(url);

function serialize({ method, path, headers, body = Buffer.alloc(0) }: PreparedRequest): Buffer {
  const fields = Object.entries({ ...headers, Host: host }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`), body]);
}

function exchange(message: Buffer): Promise<BurstAnswer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const socket = connect({ host: hostname, port: Number(port) });
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      const answer = readAnswer(received);
      if (!answer) return;
      resolve({ ...answer, ms: performance.now() - started });
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection closed before the reply')));
    socket.write(message);
  });
}

/** Parses a complete reply with a Content-Length. */
function readAnswer(received: string): Omit<BurstAnswer, 'ms'> | undefined {
  const [head = '', body] = received.split('\r\n\r\n', 2);
  if (body === undefined) return undefined;
  const [statusLine = '', ...fields] = head.split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  if (body.length < Number(headers['content-length'])) return undefined;
  return { status: Number(statusLine.split(' ')[1]), headers, body };
}

const messages = requests.map(serialize);
const answers = await Promise.all(messages.map((message) => exchange(message).catch(() => undefined)));
parentPort?.postMessage(answers);
