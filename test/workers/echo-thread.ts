import { parentPort } from 'node:worker_threads';

parentPort?.postMessage('hello');

/** Replies with its task. */
export default function echo(task: unknown): unknown {
  return task;
}
