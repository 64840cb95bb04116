/** Measured cost of one login. CPU in ms. */
export interface LoginCost {
  name: string;
  /** All threads of the server. */
  serverCpuMs: number;
  /** The part of it on the event loop, of which a process has one. */
  eventLoopMs: number;
  /** Whether the server stretches, which needs the memory of a thread for each core. */
  stretches: boolean;
}

/** Hardware for a rate of logins. Cores and processes are integers. */
export interface Needs {
  loginsPerSecond: number;
  serverCores: number;
  /** Number of server processes that keeps every event loop below the target. */
  processes: number;
  memoryGib: number;
}

/** Maximum mean utilisation of a core or an event loop. The rest is for peaks within a second. */
export const TARGET_UTILISATION = 0.7;

/** @param besideStretchingMib memory of a server process without its stretch threads */
export function computeNeeds(cost: LoginCost, loginsPerSecond: number, besideStretchingMib: number): Needs {
  const cores = (cpuMs: number) =>
    // Rounding errors must not turn one fully used core into two.
    Math.max(1, Math.ceil((loginsPerSecond * cpuMs) / 1000 / TARGET_UTILISATION - 1e-9));
  const serverCores = cores(cost.serverCpuMs);
  const processes = cores(cost.eventLoopMs);
  const threadsMib = cost.stretches ? serverCores * STRETCH_THREAD_MIB : 0;
  return {
    loginsPerSecond,
    serverCores,
    processes,
    memoryGib: (threadsMib + processes * besideStretchingMib) / 1024,
  };
}

/** Four slots of 64 MiB, for a full group. */
const STRETCH_THREAD_MIB = 256;
