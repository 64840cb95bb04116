import { monitorEventLoopDelay } from 'node:perf_hooks';
import t from 'tap';
import { Stretcher } from '../../workers/stretcher.js';
import { knownRequest } from '../support/workers/stretch-request.js';

const NS_PER_MS = 1e6;

/**
 * The only test with a time limit: half a stretch. On the main thread a stretch blocks the event loop for its
 * whole duration, in a thread only while another process has the core.
 */
t.test('the event loop turns while passwords are stretched', async (t) => {
  const serviceMs: number[] = [];
  const stretcher = new Stretcher({
    engine: 'openssl',
    threads: 1,
    memoryMiB: 128,
    niceIncrement: 10,
    observe: (event) => {
      if (event.type === 'finished') serviceMs.push(event.serviceMs);
    },
  });
  t.teardown(() => stretcher.close());
  await stretcher.ready();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await Promise.all(
    Array.from({ length: 8 }, (_, i) => stretcher.stretch(knownRequest(), { source: `${i}` })),
  );
  delay.disable();
  const medianMs = serviceMs.sort((a, b) => a - b)[serviceMs.length >> 1] as number;
  t.ok(delay.count > 0);
  t.ok(
    delay.percentile(99) / NS_PER_MS < medianMs / 2,
    `${delay.percentile(99) / NS_PER_MS} ms of delay in stretches of ${medianMs} ms`,
  );
});
