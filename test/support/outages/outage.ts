import type { Test } from 'tap';
import { checkRefusal } from '../api/check-refusal.js';
import { type Reply, send } from '../api/send.js';
import { startServer, type TestServer } from '../api/start-server.js';
import type { FlowRequest, PreparedRequest } from './flows/flow-request.js';
import { ALL, untilTrue } from './waiting.js';

/** For a request that waits for a store; longer while other tests run. */
const ANSWER_MS = ALL ? 2000 : 20_000;

/** Limits as for one user, except for the one address of all tests. */
const LIMITS = {
  RATE_LIMITS: 'on',
  STRETCH_MAX_WAIT: '60',
  LIMIT_REQUESTS_OF_SOURCE: '1000000/60',
  LIMIT_ACCOUNTS_FROM_SOURCE: '1000000/3600',
  LIMIT_MAILS_FROM_SOURCE: '1000000/3600',
};

export function startLimitedServer(t: Test, env: Record<string, string>): Promise<TestServer> {
  return startServer(t, { ...LIMITS, ...env });
}

export async function timeReply({ send }: PreparedRequest): Promise<{ reply: Reply; ms: number }> {
  const started = performance.now();
  const reply = await send();
  return { reply, ms: performance.now() - started };
}

export function checkUnavailable(t: Test, { reply, ms }: { reply: Reply; ms: number }): void {
  checkRefusal(t, reply, 503, 201, { retryAfter: reply.body.retryAfter });
  t.equal(Number(reply.headers['retry-after']), reply.body.retryAfter);
  t.ok(ms < ANSWER_MS, `answered after ${Math.round(ms)} ms`);
}

export async function sendUntilServed(request: PreparedRequest): Promise<{ reply: Reply; refusals: number }> {
  let reply = await request.send();
  let refusals = 0;
  if (reply.status === 503) {
    await untilTrue(async () => {
      refusals++;
      reply = await request.send();
      return reply.status !== 503;
    });
  }
  return { reply, refusals };
}

export async function untilHealthy(server: TestServer): Promise<void> {
  await untilTrue(async () => (await send(server, '/__heartbeat__', { method: 'GET' })).status === 200);
}

export async function prepareAll(
  server: TestServer,
  requests: FlowRequest[],
): Promise<(FlowRequest & { prepared: PreparedRequest })[]> {
  const all = [];
  // An srpToken expires after a minute, and the machine may be slow.
  const isShortLived = ({ endpoint }: FlowRequest) => endpoint.endsWith('auth/finish');
  const inOrder = [...requests.filter((request) => !isShortLived(request)), ...requests.filter(isShortLived)];
  for (const request of inOrder) all.push({ ...request, prepared: await request.prepare(server) });
  return all;
}

export function nameOf({ endpoint, flow }: FlowRequest): string {
  return `${endpoint} (${flow})`;
}
