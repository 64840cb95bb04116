/** What a closed loop measured between its warm-up and its end. */
export interface LoopMeasurement {
  /** Tasks completed before and within the measurement. */
  warmUps: number;
  done: number;
  wallSeconds: number;
  /** In whatever `cpuSeconds` counts. */
  cpuSeconds: number;
  /** Of each task that began and ended within the measurement, in ms. */
  latenciesMs: number[];
}

export interface ClosedLoopOptions {
  /** How many tasks are under way at any time. */
  clients: number;
  /** Tasks to complete before the measurement begins. */
  warmUps: number;
  /** Tasks to complete within it. */
  count: number;
  /** One task; `index` counts from 0 over warm-up and measurement. */
  task(index: number): Promise<unknown>;
  /** CPU seconds used so far by what is measured. */
  cpuSeconds(): number;
}

/**
 * Keeps so many tasks under way, each followed by the next, and measures from the end of the warm-up to the
 * completion of `count` more; what is under way then is waited for, not measured.
 * @throws what a task throws
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
