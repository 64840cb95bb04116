import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { QuickLane } from '../../workers/quick-lane.js';
import type { StretchEvent } from '../../workers/stretch-queue.js';
import type { StretchThreadDied } from '../../workers/stretcher.js';

type StretchQueue = { readonly waiting: number; predictWaitMs(): number };

/** What the lanes are asked at every scrape. */
export interface WatchedLanes {
  stretchQueue: StretchQueue;
  stretchThreads: number;
  quickLane: Pick<QuickLane, 'waiting' | 'busySeconds'>;
  quickThreads: number;
}

const WAIT_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10];
const SERVICE_BUCKETS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2, 5];

/** Measures both lanes. Queue lengths and the like are read when they are asked for, once `watch` was called. */
export function createLaneMetrics(registry: Registry) {
  const registers = [registry];
  const stretches = new Counter({
    name: 'keyserver_stretches_total',
    help: 'Stretches: done, failed, refused because of the wait, or abandoned by their sender',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['done', 'failed', 'refused', 'abandoned']) stretches.inc({ outcome }, 0);
  const waits = new Histogram({
    name: 'keyserver_stretch_wait_seconds',
    help: 'How long stretches waited for a thread',
    buckets: WAIT_BUCKETS,
    registers,
  });
  const services = new Histogram({
    name: 'keyserver_stretch_service_seconds',
    help: 'How long a thread took, by how many passwords it stretched together',
    labelNames: ['batch_size'],
    buckets: SERVICE_BUCKETS,
    registers,
  });
  for (const batch_size of [1, 2, 3, 4]) services.zero({ batch_size });
  const deaths = new Counter({
    name: 'keyserver_lane_thread_deaths_total',
    help: 'Threads that ended without being told to; another took their place',
    labelNames: ['lane'],
    registers,
  });
  for (const lane of ['stretch', 'quick']) deaths.inc({ lane }, 0);
  let stretchBusySeconds = 0;

  return {
    observeStretch(event: StretchEvent | StretchThreadDied): void {
      switch (event.type) {
        case 'refused':
        case 'abandoned':
          stretches.inc({ outcome: event.type });
          break;
        case 'started':
          waits.observe(event.waitedMs / 1000);
          break;
        case 'finished':
          stretchBusySeconds += event.serviceMs / 1000;
          services.observe({ batch_size: event.batchSize }, event.serviceMs / 1000);
          stretches.inc({ outcome: 'done' }, event.batchSize - event.failed);
          stretches.inc({ outcome: 'failed' }, event.failed);
          break;
        case 'threadDied':
          deaths.inc({ lane: 'stretch' });
      }
    },
    observeQuick(_event: { type: 'threadDied' }): void {
      deaths.inc({ lane: 'quick' });
    },
    watch(lanes: WatchedLanes): void {
      watchLanes(registry, lanes, () => stretchBusySeconds);
    },
  };
}

function watchLanes(registry: Registry, lanes: WatchedLanes, stretchBusySeconds: () => number): void {
  const { stretchQueue, stretchThreads, quickLane, quickThreads } = lanes;
  const registers = [registry];
  const labelNames = ['lane'];
  let quickBusySeconds = 0;
  const threads = new Gauge({
    name: 'keyserver_lane_threads',
    help: 'Threads of a lane',
    labelNames,
    registers,
  });
  threads.set({ lane: 'stretch' }, stretchThreads);
  threads.set({ lane: 'quick' }, quickThreads);
  new Gauge({
    name: 'keyserver_lane_waiting',
    help: 'What waits for a thread of a lane: stretches, operations',
    labelNames,
    registers,
    collect() {
      this.set({ lane: 'stretch' }, stretchQueue.waiting);
      this.set({ lane: 'quick' }, quickLane.waiting);
    },
  });
  new Counter({
    name: 'keyserver_lane_busy_seconds_total',
    help: 'Thread seconds spent on work; of the quick lane, whose threads hold up to two operations, at most twice',
    labelNames,
    registers,
    collect() {
      // Of a mean, and so rounded: a counter that shrank would be taken for a restart.
      quickBusySeconds = Math.max(quickBusySeconds, quickLane.busySeconds);
      this.reset();
      this.inc({ lane: 'stretch' }, stretchBusySeconds());
      this.inc({ lane: 'quick' }, quickBusySeconds);
    },
  });
  new Gauge({
    name: 'keyserver_stretch_predicted_wait_seconds',
    help: 'How long a stretch that came now would wait',
    registers,
    collect() {
      this.set(stretchQueue.predictWaitMs() / 1000);
    },
  });
}
