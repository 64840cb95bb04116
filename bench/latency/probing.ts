import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, PreparedRequest, Sender } from '../load/sender.js';

/** A kind of request whose latency under load is measured. */
export interface ProbeKind<Name extends string = string> {
  name: Name;
  build(): PreparedRequest;
}

/** Latencies of the requests of each kind, in ms. */
export type ProbeLatencies<Name extends string> = Record<Name, number[]>;

/**
 * Sends one request every `intervalMs`, alternating kinds, without waiting for replies (open loop): a server that
 * stalls delays many requests, not one.
 * @throws Error when a reply's status is not 200
 */
export async function probe<Name extends string>(
  sender: Sender,
  kinds: readonly ProbeKind<Name>[],
  { intervalMs, durationMs }: { intervalMs: number; durationMs: number },
): Promise<ProbeLatencies<Name>> {
  const underWay: Promise<[Name, Answer]>[] = [];
  const startedMs = performance.now();
  for (let sent = 0; sent * intervalMs < durationMs; sent++) {
    const waitMs = startedMs + sent * intervalMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const { name, build } = kinds[sent % kinds.length] as ProbeKind<Name>;
    underWay.push(sender.sendOk(build()).then((answer) => [name, answer]));
  }
  const latencies = Object.fromEntries(
    kinds.map(({ name }) => [name, [] as number[]]),
  ) as ProbeLatencies<Name>;
  for (const [name, { ms }] of await Promise.all(underWay)) latencies[name].push(ms);
  return latencies;
}
