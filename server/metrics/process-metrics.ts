import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** Sampling interval, and value of an undelayed sample. 10 ms would cost an idle server 1 % of a core. */
const RESOLUTION_MS = 50;
/** The library's own samples are not used. 24 days is the longest interval that Node accepts. */
const NEVER_MS = 2 ** 31 - 1;

/** Not useful: lags with the sampling interval, lists that grow with connections, details of memory. */
const UNWANTED = /^(nodejs_(eventloop_lag|active_|heap_space_)|process_(virtual_memory|heap)_)/;

/** @returns a function that stops measuring */
export function createProcessMetrics(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of registry.getMetricsAsArray()) {
    if (UNWANTED.test(name)) registry.removeSingleMetric(name);
  }
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  new Gauge({
    name: 'keyserver_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape; quantile 1 is the maximum',
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
