/** What one login costs, as measured. CPU in ms. */
export interface LoginCost {
  name: string;
  /** All threads of the server. */
  serverCpuMs: number;
  /** The part of that which only the one event loop of a process can do. */
  eventLoopMs: number;
  /** Whether the server stretches, and so needs a thread's memory for each core that does. */
  stretches: boolean;
}

/** What so many logins a second need. Cores and processes are whole. */
export interface Needs {
  loginsPerSecond: number;
  serverCores: number;
  /** Server processes: as many as keep every event loop below the target. */
  processes: number;
  memoryGib: number;
}

/** How busy a core or an event loop may be on average: the rest is for the peaks within a second. */
export const TARGET_UTILISATION = 0.7;

/** @param besideStretchingMib memory of a server process without its stretch threads */
export function computeNeeds(cost: LoginCost, loginsPerSecond: number, besideStretchingMib: number): Needs {
  const cores = (cpuMs: number) =>
    // A core that is exactly used up must not become two by a rounding error.
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
