import { parentPort, workerData } from 'node:worker_threads';
import type { BurstOrder } from './burst.js';
import { Sender } from './sender.js';

const { url, requests } = workerData as BurstOrder;
const sender = new Sender(url, Number.POSITIVE_INFINITY);
const answers = await Promise.all(
  requests.map(({ body, ...request }) =>
    // What crossed over from the other thread is a Uint8Array.
    sender.send({ ...request, ...(body && { body: Buffer.from(body) }) }).catch(() => undefined),
  ),
);
parentPort?.postMessage(answers);
