import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Test } from 'tap';
import type { Endpoint } from '../../../server/endpoint.js';
import { countCases, runCampaign } from './campaign.js';
import { type FuzzedServer, startFuzzedServer } from './fuzzed-server.js';
import { arbitraryRequest, type FuzzedRequest } from './requests.js';
import { checkReply, FuzzClient, type FuzzedReply } from './send-fuzzed.js';

/** Limit for a reply without a stretch. */
const MAX_MS = 1_000;
/** Growth of the heap between both halves of the cases, in bytes. */
const MAX_GROWTH = 16 * 2 ** 20;

/** Status of the handler's reply, where it is not 200. */
const REACHED: Record<string, number> = {
  '/v1/auth/finish': 103,
  '/v1/raw_password/account/create': 101,
  '/v1/raw_password/session/create': 102,
  '/v1/raw_password/password/change': 102,
  '/v1/raw_password/password/reset': 102,
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Uses a third of all cases. No request may fail, crash, leak or take long; some must reach each handler. */
export async function fuzzEndpoints(t: Test, endpoints: Endpoint[]): Promise<void> {
  const server = await startFuzzedServer(t);
  const client = new FuzzClient(server);
  t.teardown(() => client.close());
  const names = Object.getOwnPropertyNames(Object.prototype);
  const answers = new Map<string, Set<number>>();

  const tokenOf = ({ path }: FuzzedRequest) => endpoints.find((endpoint) => endpoint.path === path)?.token;
  const holds = async (request: FuzzedRequest) => {
    const reply = await client.send(request, tokenOf(request));
    checkReply(reply);
    const seen = answers.get(request.path) ?? new Set();
    answers.set(request.path, seen.add(reply.status === 200 ? 200 : JSON.parse(reply.text || '{}').errno));
    if (reply.ms > MAX_MS && !mayStretch(reply))
      await checkAlone(client, () => client.send(request, tokenOf(request)));
  };

  const cases = countCases(1 / 3);
  await runCampaign(cases / 2, arbitraryRequest(endpoints), holds);
  const before = await measureHeap(server);
  await runCampaign(cases / 2, arbitraryRequest(endpoints), holds);
  const growth = (await measureHeap(server)) - before;
  t.ok(growth < MAX_GROWTH, `the heap grew by ${Math.round(growth / 1024)} KiB`);
  t.same(Object.getOwnPropertyNames(Object.prototype), names, 'prototypes are unchanged');
  t.same(server.errors, [], 'no line is logged as an error');

  for (const { path } of endpoints) {
    const seen = [...(answers.get(path) ?? [])];
    const reached = REACHED[path] ?? 200;
    t.ok(seen.includes(reached), `${path}: some requests reach its handler`);
    t.ok(
      seen.some((errno) => errno !== reached),
      'some requests are refused before it',
    );
  }
}

function mayStretch({ path, status, text }: FuzzedReply): boolean {
  return path.startsWith('/v1/raw_password/') && (status === 200 || /"errno":103/.test(text));
}

/** Repeats a slow request without parallel ones, which may have slowed it. */
async function checkAlone(client: FuzzClient, ask: () => Promise<FuzzedReply>): Promise<void> {
  const slowness: number[] = [];
  for (let i = 0; i < 5; i++) {
    const [reply, idle] = [await ask(), await client.exchange('GET', '/__lbheartbeat__')];
    slowness.push(reply.ms - 10 * idle.ms);
  }
  if (Math.min(...slowness) > MAX_MS) throw new Error(`five times it took more than ${MAX_MS} ms`);
}

async function measureHeap(server: FuzzedServer): Promise<number> {
  await server.forgetTokens();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
