import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/**
 * How often the event loop's delay is sampled, in ms. A sample is this much when nothing delays it. Each wakes the
 * process: every 10 ms of an idle server's would cost it 1 % of a core.
 */
const RESOLUTION_MS = 50;
/** The library samples as well, for metrics that are not wanted here: once in 24 days, the longest that Node takes. */
const NEVER_MS = 2 ** 31 - 1;

/**
 * Of the library's own: the event loop's lag, which has the sampling interval in it; lists that are made by
 * walking through every open connection; details of memory that say no more than its sums.
 */
const UNWANTED = /^(nodejs_(eventloop_lag|active_|heap_space_)|process_(virtual_memory|heap)_)/;

/** Measures the process and its event loop. @returns ends the measuring */
export function createProcessMetrics(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of registry.getMetricsAsArray()) {
    if (UNWANTED.test(name)) registry.removeSingleMetric(name);
  }
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  new Gauge({
    name: 'keyserver_event_loop_delay_seconds',
    help: 'How late the event loop was since the last scrape; quantile 1 is the latest it was',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      this.set({ quantile: '0.5' }, toDelaySeconds(delays.percentile(50)));
      this.set({ quantile: '0.99' }, toDelaySeconds(delays.percentile(99)));
      this.set({ quantile: '1' }, toDelaySeconds(delays.max));
      delays.reset();
    },
  });
  return () => void delays.disable();
}

function toDelaySeconds(sampleNs: number): number {
  return Math.max(0, sampleNs / 1e9 - RESOLUTION_MS / 1e3);
}
