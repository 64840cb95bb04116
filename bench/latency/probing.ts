import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, PreparedRequest, Sender } from '../load/sender.js';

/** Requests of one kind, sent beside a load to see what it does to them. */
export interface ProbeKind<Name extends string = string> {
  name: Name;
  build(): PreparedRequest;
}

/** How requests of each kind fared, in ms. */
export type ProbeLatencies<Name extends string> = Record<Name, number[]>;

/**
 * Sends one request every `intervalMs`, the kinds in turns, whether those before were answered or not:
 * a server that stalls delays many of them and not just one.
 * @throws Error when an answer's status is not 200
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
