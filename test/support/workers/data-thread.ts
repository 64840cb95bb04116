import { workerData } from 'node:worker_threads';

if (workerData === 'broken') throw new Error('broken on purpose');

/** Replies with the data of its thread. */
export default function tellData(): unknown {
  return workerData;
}
