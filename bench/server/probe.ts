import { type EventLoopUtilization, monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, type Worker } from 'node:worker_threads';
import type { EventLoopDelay, ProbeCommand } from './probe-link.js';

/*
 * Loaded into a server by `--import`. Measures the event loop's delay and terminates threads, which only the process
 * itself can do. Node also loads it in every worker, where it does nothing.
 */

/** Resolution, the finest of Node. It records the time between two ticks. */
const RESOLUTION_MS = 1;

if (isMainThread && process.send) watchAndListen();

function watchAndListen(): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const workers = new Set<Worker>();
  process.on('worker', (worker) => {
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  });
  const commands: Record<ProbeCommand, () => unknown> = {
    resetDelay() {
      histogram.reset();
      histogram.enable();
    },
    readDelay: (): EventLoopDelay => ({
      p50Ms: toDelayMs(histogram.percentile(50)),
      p99Ms: toDelayMs(histogram.percentile(99)),
      maxMs: toDelayMs(histogram.max),
    }),
    killBusiestWorker: () => killBusiest([...workers]),
  };
  process.on('message', async ({ id, command }: { id: number; command: ProbeCommand }) => {
    process.send?.({ id, reply: await commands[command]() });
  });
  // The probe must not keep the server running.
  process.channel?.unref();
}

/** Subtracts the millisecond between two ticks of an idle loop. */
function toDelayMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}

/** Terminates the thread that was busiest in the last 50 ms. @returns number of threads */
async function killBusiest(workers: Worker[]): Promise<number> {
  const before = new Map<Worker, EventLoopUtilization>(
    workers.map((worker) => [worker, worker.performance.eventLoopUtilization()]),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const activeMs = (worker: Worker) => worker.performance.eventLoopUtilization(before.get(worker)).active;
  const busiest = workers.toSorted((a, b) => activeMs(b) - activeMs(a))[0];
  await busiest?.terminate();
  return workers.length;
}
