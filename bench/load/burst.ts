import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Answer, PreparedRequest } from './sender.js';

/** What a burst's thread is given. */
export interface BurstOrder {
  url: string;
  requests: PreparedRequest[];
}

/** An answer, or nothing where the connection broke. */
export type BurstAnswer = Omit<Answer, 'headers'> & { headers: Record<string, string | undefined> };

/**
 * Sends requests all at once, each over a connection of its own, from a thread of its own: whoever probes
 * the server meanwhile does not wait for a client that has a thousand connections to open.
 * @returns answers in the order of the requests; `undefined` where the connection broke
 */
export async function sendBurst(order: BurstOrder): Promise<(BurstAnswer | undefined)[]> {
  const worker = new Worker(new URL('./burst-thread.js', import.meta.url), { workerData: order });
  const [answers] = (await once(worker, 'message')) as [(BurstAnswer | undefined)[]];
  await worker.terminate();
  return answers;
}
