/** Measurement of a closed loop, from the end of its warm-up. */
export interface LoopMeasurement {
  /** Tasks completed before the measurement. */
  warmUps: number;
  /** Tasks completed within the measurement. */
  done: number;
  wallSeconds: number;
  /** In the unit of `cpuSeconds`. */
  cpuSeconds: number;
  /** Latencies of the tasks that began and ended within the measurement, in ms. */
  latenciesMs: number[];
}

export interface ClosedLoopOptions {
  /** Number of concurrent tasks. */
  clients: number;
  /** Tasks to complete before the measurement begins. */
  warmUps: number;
  /** Tasks to complete within it. */
  count: number;
  /** Runs one task. `index` counts from 0, including the warm-up. */
  task(index: number): Promise<unknown>;
  /** Returns the CPU seconds used so far by the measured process. */
  cpuSeconds(): number;
}

/**
 * Runs tasks with constant concurrency. Measures from the end of the warm-up until `count` more tasks are complete, and
 * waits for the remaining tasks.
 * @throws the error of a task
 */
export async function measureClosedLoop(options: ClosedLoopOptions): Promise<LoopMeasurement> {
  const { clients, warmUps, count, task, cpuSeconds } = options;
  const latenciesMs: number[] = [];
  let begun = 0;
  let done = 0;
  let start = { wallMs: performance.now(), cpu: cpuSeconds() };
  let end: typeof start | undefined;

  async function runClient(): Promise<void> {
    while (!end) {
      const begunMs = performance.now();
      await task(begun++);
      done++;
      const nowMs = performance.now();
      if (done === warmUps) start = { wallMs: nowMs, cpu: cpuSeconds() };
      else if (done > warmUps && !end) {
        if (begunMs >= start.wallMs) latenciesMs.push(nowMs - begunMs);
        if (done === warmUps + count) end = { wallMs: nowMs, cpu: cpuSeconds() };
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, runClient));
  const finished = end as unknown as typeof start;
  return {
    warmUps,
    done: count,
    wallSeconds: (finished.wallMs - start.wallMs) / 1000,
    cpuSeconds: finished.cpu - start.cpu,
    latenciesMs,
  };
}
