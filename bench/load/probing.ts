import { setTimeout as sleep } from 'node:timers/promises';
import type { PreparedRequest } from './sender.js';

/**
 * Sends one request every `intervalMs`, of each kind in turn, without waiting for replies (open loop):
 * a server that stalls delays many requests, not one.
 * @param send returns the latency in ms
 */
export async function probe<Name extends string>(
  kinds: Record<Name, () => PreparedRequest>,
  send: (request: PreparedRequest) => Promise<number>,
  { intervalMs, durationMs }: { intervalMs: number; durationMs: number },
): Promise<Record<Name, number[]>> {
  const names = Object.keys(kinds) as Name[];
  const underWay = new Map<Name, Promise<number>[]>(names.map((name) => [name, []]));
  const startedMs = performance.now();
  for (let sent = 0; sent * intervalMs < durationMs; sent++) {
    const waitMs = startedMs + sent * intervalMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const name = names[sent % names.length] as Name;
    const latency = send(kinds[name]());
    // Avoids an unhandled rejection: the error surfaces at the end.
    latency.catch(() => {});
    underWay.get(name)?.push(latency);
  }
  const latencies = [...underWay].map(async ([name, sent]) => [name, await Promise.all(sent)] as const);
  return Object.fromEntries(await Promise.all(latencies)) as Record<Name, number[]>;
}
