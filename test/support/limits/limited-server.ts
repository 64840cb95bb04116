import type { Test } from 'tap';
import { allRates, LIMITS, type LimitName } from '../../../config/limits.js';
import { factsOf } from '../../../config/setting.js';
import { accept, type TestAccount, toHex } from '../api/accounts.js';
import { answerChallenge } from '../api/protocol-math.js';
import { type Call, type Reply, send } from '../api/send.js';
import { startServer, type TestClock, type TestServer } from '../api/start-server.js';
import type { Teardown } from '../services/service-process.js';

/** Trusts a proxy on loopback. @param rates limits below their defaults, as `points/seconds` */
export function startLimitedServer(
  t: Teardown,
  rates: Partial<Record<keyof typeof LIMITS, string>>,
  env: Record<string, string> = {},
  clock?: TestClock,
): Promise<TestServer> {
  const limits = Object.entries(rates).map(([name, rate]) => [
    factsOf(LIMITS[name as keyof typeof LIMITS]).env,
    rate,
  ]);
  const settings = {
    RATE_LIMITS: 'on',
    TRUST_PROXY: 'loopback',
    STRETCH_THREADS: '1',
    STRETCH_MAX_WAIT: '3600',
  };
  return startServer(t, { ...settings, ...Object.fromEntries(limits), ...env }, clock);
}

let sources = 0;

/** Returns an unused address of 198.18.0.0/15, the network for benchmarks (RFC 2544). */
export function makeSource(): string {
  sources++;
  return `198.18.${sources >> 8}.${sources & 255}`;
}

/** Sends a request as the proxy would for a client at an address. */
export function sendFrom(
  source: string,
  server: TestServer,
  path: string,
  { headers, ...call }: Call = {},
): Promise<Reply> {
  return send(server, path, { ...call, headers: { 'X-Forwarded-For': source, ...headers } });
}

/** Sends a valid or invalid M. The challenge comes from another source. */
export async function tryPasswordFrom(
  source: string,
  server: TestServer,
  { email, srpPW }: Pick<TestAccount, 'email' | 'srpPW'>,
  password: 'right' | 'wrong',
): Promise<Reply> {
  const start = await sendFrom(makeSource(), server, '/v1/auth/start', { body: { email: toHex(email) } });
  const { srpToken, srp } = accept(start);
  const { A, M } = answerChallenge({ email, srpPW, srpSalt: Buffer.from(srp.salt, 'hex'), B: srp.B });
  const body = { srpToken, A, M: password === 'right' ? M : '00'.repeat(32) };
  return sendFrom(source, server, '/v1/auth/finish', { body });
}

export function rawLoginFrom(source: string, server: TestServer, email: string, password: string) {
  const body = { email: toHex(email), password };
  return sendFrom(source, server, '/v1/raw_password/session/create', { body });
}

export function loggedLimits({ logLines }: TestServer, refused = true): string[] {
  const lines = logLines.map((line) => JSON.parse(line));
  return lines.flatMap((line) =>
    line.event === 'rateLimited' && line.refused === refused ? line.limit : [],
  );
}

export function assertTooMany(t: Test, server: TestServer, reply: Reply, limit: LimitName): void {
  const { status, headers, body } = reply;
  t.match({ status, body }, { status: 429, body: { code: 429, errno: 114, retryAfter: Number } }, limit);
  t.equal(headers['retry-after'], String(body.retryAfter), 'Retry-After equals the body');
  const windowSeconds = allRates(server.services.config.limits)[limit].seconds;
  const retryAfter = body.retryAfter as number;
  t.ok(Number.isInteger(retryAfter) && retryAfter >= 1 && retryAfter <= windowSeconds, `${retryAfter} s`);
  t.equal(loggedLimits(server).at(-1), limit);
}
