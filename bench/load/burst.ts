import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Answer, PreparedRequest } from './sender.js';

/** Data of a burst's thread. */
export interface BurstOrder {
  url: string;
  requests: PreparedRequest[];
}

/** A reply to a request of a burst. */
export type BurstAnswer = Omit<Answer, 'headers'> & { headers: Record<string, string | undefined> };

/**
 * Sends requests at once, each over its own connection. A separate thread sends them, so that a probe does not wait
 * for a client that opens a thousand connections.
 * @returns replies in the order of the requests; `undefined` for a broken connection
 */
export async function sendBurst(order: BurstOrder): Promise<(BurstAnswer | undefined)[]> {
  const worker = new Worker(new URL('./burst-thread.js', import.meta.url), { workerData: order });
  const [answers] = (await once(worker, 'message')) as [(BurstAnswer | undefined)[]];
  await worker.terminate();
  return answers;
}
