import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../api/server-process.js';
import { KINDS, type Kind } from './operations.js';
import type { Random } from './random.js';

/** When to kill a server after a number of acknowledgements. */
export type KillPlan =
  | { how: 'at a moment'; acknowledged: number; delayMs: number }
  | { how: 'after a request'; acknowledged: number; kind: Kind; delayMs: number }
  | { how: 'during a transaction'; acknowledged: number };

/** Acknowledged requests before a kill: by then the load is running. */
const ACKNOWLEDGED = [10, 40] as const;
/** Up to the time of a writing request; stretches take longest. */
const DELAYS_MS = [0, 1, 2, 3, 5, 8, 13, 21, 100, 200] as const;
/** The request or transaction may never occur. */
const PATIENCE_MS = 5000;
const POLL_MS = 2;

export function drawKillPlan(round: number, random: Random): KillPlan {
  const acknowledged = random.integer(...ACKNOWLEDGED);
  if (round % 3 === 0) return { how: 'during a transaction', acknowledged };
  if (round % 3 === 1) {
    const kind = random.pick(KINDS);
    return { how: 'after a request', acknowledged, kind, delayMs: random.pick(DELAYS_MS) };
  }
  return { how: 'at a moment', acknowledged, delayMs: random.integer(0, 100) };
}

export function describePlan(plan: KillPlan): string {
  if (plan.how === 'after a request') return `${plan.delayMs} ms after a ${plan.kind} was sent`;
  return plan.how;
}

export interface KillScene {
  server: ServerProcess;
  acknowledged(count: number): Promise<void>;
  nextWriting(kind: Kind): Promise<void>;
  isInTransaction(): Promise<boolean | undefined>;
  /** Resolves when a client stops before the kill, because a request failed. */
  loadBroke: Promise<void>;
  onKill(): void;
}

export async function kill(plan: KillPlan, scene: KillScene): Promise<boolean> {
  await Promise.race([scene.acknowledged(plan.acknowledged), scene.loadBroke]);
  let asPlanned = true;
  if (plan.how === 'after a request') {
    const wentOut = scene.nextWriting(plan.kind).then(() => true);
    asPlanned = await Promise.race([wentOut, sleep(PATIENCE_MS, false)]);
  }
  if ('delayMs' in plan && plan.delayMs > 0) await sleep(plan.delayMs);
  if (plan.how === 'during a transaction') asPlanned = await freezeInTransaction(scene);
  scene.onKill();
  scene.server.kill('SIGKILL');
  await scene.server.exit();
  return asPlanned;
}

async function freezeInTransaction({ server, isInTransaction }: KillScene): Promise<boolean> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    await server.freeze();
    const condition = await isInTransaction();
    if (condition) return true;
    server.kill('SIGCONT');
    if (condition === undefined) break;
  }
  return false;
}
