import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { StretchThreadDied } from '../../workers/stretcher.js';
import type { TaskEvent } from '../../workers/task-queue.js';

type StretchQueue = { readonly waiting: number; predictWaitMs(ahead: number): number };

export interface WatchedPools {
  stretchQueue: StretchQueue;
  inFlight: { countAhead(source: string): number };
  stretchThreads: number;
  cryptoQueue: { readonly waiting: number };
  cryptoThreads: number;
}

const WAIT_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];
const SERVICE_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2, 5];

export function createPoolMetrics(registry: Registry) {
  const registers = [registry];
  const countOutcomes = (name: string, help: string) => {
    const counter = new Counter({ name, help, labelNames: ['outcome'], registers });
    for (const outcome of ['done', 'failed', 'refused', 'abandoned']) counter.inc({ outcome }, 0);
    return counter;
  };
  const stretches = countOutcomes(
    'keyserver_stretches_total',
    'Stretches by outcome: done, failed, refused by load shedding, or abandoned by the client',
  );
  const operations = countOutcomes(
    'keyserver_crypto_operations_total',
    'Operations for SRP and signing: done, failed, refused because of the wait, or abandoned by their sender',
  );
  const waits = new Histogram({
    name: 'keyserver_stretch_wait_seconds',
    help: 'Time that stretches waited for a thread',
    buckets: WAIT_BUCKETS,
    registers,
  });
  const services = new Histogram({
    name: 'keyserver_stretch_service_seconds',
    help: 'Duration of batches, by their number of passwords',
    labelNames: ['batch_size'],
    buckets: SERVICE_BUCKETS,
    registers,
  });
  for (const batch_size of [1, 2, 3, 4]) services.zero({ batch_size });
  const deaths = new Counter({
    name: 'keyserver_pool_thread_deaths_total',
    help: 'Threads that ended unexpectedly and were replaced',
    labelNames: ['pool'],
    registers,
  });
  for (const pool of ['stretch', 'crypto']) deaths.inc({ pool }, 0);
  const busySeconds = { stretch: 0, crypto: 0 };

  return {
    observeStretch(event: TaskEvent | StretchThreadDied | { type: 'refused' }): void {
      switch (event.type) {
        case 'refused':
        case 'abandoned':
          stretches.inc({ outcome: event.type });
          break;
        case 'started':
          waits.observe(event.waitedMs / 1000);
          break;
        case 'finished':
          busySeconds.stretch += event.serviceMs / 1000;
          services.observe({ batch_size: event.batchSize }, event.serviceMs / 1000);
          stretches.inc({ outcome: 'done' }, event.batchSize - event.failed);
          stretches.inc({ outcome: 'failed' }, event.failed);
          break;
        case 'threadDied':
          deaths.inc({ pool: 'stretch' });
      }
    },
    observeCrypto(event: TaskEvent | { type: 'threadDied' | 'refused' }): void {
      switch (event.type) {
        case 'refused':
        case 'abandoned':
          operations.inc({ outcome: event.type });
          break;
        case 'finished':
          busySeconds.crypto += event.serviceMs / 1000;
          operations.inc({ outcome: event.failed > 0 ? 'failed' : 'done' });
          break;
        case 'threadDied':
          deaths.inc({ pool: 'crypto' });
      }
    },
    watch(pools: WatchedPools): void {
      watchPools(registry, pools, busySeconds);
    },
  };
}

function watchPools(
  registry: Registry,
  pools: WatchedPools,
  busySeconds: { stretch: number; crypto: number },
): void {
  const { stretchQueue, inFlight, stretchThreads, cryptoQueue, cryptoThreads } = pools;
  const registers = [registry];
  const labelNames = ['pool'];
  const threads = new Gauge({
    name: 'keyserver_pool_threads',
    help: 'Threads of a pool',
    labelNames,
    registers,
  });
  threads.set({ pool: 'stretch' }, stretchThreads);
  threads.set({ pool: 'crypto' }, cryptoThreads);
  new Gauge({
    name: 'keyserver_pool_waiting',
    help: 'Stretches or operations that wait for a thread of a pool',
    labelNames,
    registers,
    collect() {
      this.set({ pool: 'stretch' }, stretchQueue.waiting);
      this.set({ pool: 'crypto' }, cryptoQueue.waiting);
    },
  });
  new Counter({
    name: 'keyserver_pool_busy_seconds_total',
    help: 'Time of work in threads; a crypto thread holds two operations, so its time can count twice',
    labelNames,
    registers,
    collect() {
      this.reset();
      this.inc({ pool: 'stretch' }, busySeconds.stretch);
      this.inc({ pool: 'crypto' }, busySeconds.crypto);
    },
  });
  new Gauge({
    name: 'keyserver_stretch_predicted_wait_seconds',
    help: 'Predicted wait of a new stretch, from a source without requests in flight',
    registers,
    collect() {
      this.set(stretchQueue.predictWaitMs(inFlight.countAhead('')) / 1000);
    },
  });
}
