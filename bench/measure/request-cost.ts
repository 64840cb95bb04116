import type { Answer, PreparedRequest, Sender } from '../load/sender.js';
import type { ServerProcess } from '../server/server-process.js';
import { cpuSeconds, firstThreadCpuSeconds } from './process-usage.js';

export interface RequestCost {
  /** CPU of the whole server, and of its event loop. */
  cpuMs: number;
  loopMs: number;
  perSecond: number;
  latenciesMs: number[];
}

/** Measures requests while all connections of the sender are in use, after `warmUps` replies. */
export async function measureRequests(
  server: ServerProcess,
  sender: Sender,
  requests: PreparedRequest[],
  warmUps = 0,
): Promise<{ cost: RequestCost; answers: Answer[] }> {
  const read = () => [performance.now(), cpuSeconds(server.pid), firstThreadCpuSeconds(server.pid)] as const;
  const last = requests.length - sender.connections + 1;
  let start = read();
  let end = start;
  const answers = await sender.sendAll(requests, (done) => {
    if (done === warmUps) start = read();
    if (done === last) end = read();
  });
  const count = last - warmUps;
  const cost = {
    perSecond: (1000 * count) / (end[0] - start[0]),
    cpuMs: (1000 * (end[1] - start[1])) / count,
    loopMs: (1000 * (end[2] - start[2])) / count,
    latenciesMs: answers.slice(warmUps).map(({ ms }) => ms),
  };
  return { cost, answers };
}
