import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

export interface BurstOrder {
  url: string;
  messages: Uint8Array[];
}

/** A broken connection has status 0. */
export interface BurstReply {
  status: number;
  hasRetryAfter: boolean;
  ms: number;
}

// With an HTTP library, a thousand clients keep a core busy for most of a second, and the server waits.
function exchange(url: URL, message: Uint8Array): Promise<BurstReply> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      const [head = '', body] = received.split('\r\n\r\n', 2);
      if (body === undefined || body.length < Number(/^content-length: (\d+)/im.exec(head)?.[1])) return;
      const hasRetryAfter = /^retry-after:/im.test(head);
      resolve({ status: Number(head.slice(9, 12)), hasRetryAfter, ms: performance.now() - startedMs });
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve({ status: 0, hasRetryAfter: false, ms: 0 }));
    socket.write(message);
  });
}

const { url, messages } = workerData as BurstOrder;
parentPort?.postMessage(await Promise.all(messages.map((message) => exchange(new URL(url), message))));
