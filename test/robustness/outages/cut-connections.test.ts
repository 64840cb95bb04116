import t, { type Test } from 'tap';
import type { FlowRequest } from '../../support/outages/flows/flow-request.js';
import { FLOW_REQUESTS } from '../../support/outages/flows.js';
import { createPostgresFramer, createRedisFramer } from '../../support/outages/framing.js';
import {
  checkUnavailable,
  nameOf,
  sendUntilServed,
  startLimitedServer,
  timeReply,
  untilHealthy,
} from '../../support/outages/outage.js';
import { type CutKind, StoreProxy } from '../../support/outages/store-proxy.js';
import { ALL } from '../../support/outages/waiting.js';
import { startPostgres } from '../../support/services/postgres.js';
import { startRedis } from '../../support/services/redis.js';

/** Exceeds the number of commands of any request. */
const MAX_COMMANDS = 30;
/** Each request is cut at one of its first commands; `OUTAGES=all` tries every command. */
const FIRST_COMMANDS = 5;

const redis = await startRedis(t);
const postgres = await startPostgres(t);
const { server, proxies } = await startBehindProxies(t);

const CUTS = [
  ['Redis', 'unanswered'],
  ['PostgreSQL', 'unsent'],
  ['Redis', 'unsent'],
  ['PostgreSQL', 'unanswered'],
] as const;

for (const [turn, [store, kind]] of CUTS.entries()) {
  t.test(`${store} connections break during a request, with a command ${kind}`, async (t) => {
    for (const [i, request] of FLOW_REQUESTS.entries()) {
      if (!ALL && i % CUTS.length !== turn) continue;
      const places = ALL ? MAX_COMMANDS : 1;
      const first = ALL ? 0 : Math.floor(i / CUTS.length) % FIRST_COMMANDS;
      for (let sent = first; sent < first + places; sent++) {
        try {
          if (!(await cutOff(t, proxies[store], request, sent, kind))) break;
        } catch (error) {
          t.fail(`${nameOf(request)}, cut after ${sent}: ${(error as Error).message}`, {
            failures: server.logLines.filter((line) => line.includes('"event":"failed"')).slice(-3),
          });
          break;
        }
      }
    }
  });
}

async function startBehindProxies(t: Test) {
  const proxies = {
    Redis: await new StoreProxy(redis.port, createRedisFramer).start(t),
    PostgreSQL: await new StoreProxy(postgres.port, createPostgresFramer).start(t),
  };
  const databaseUrl = new URL(await postgres.createDatabase());
  databaseUrl.port = String(proxies.PostgreSQL.port);
  const server = await startLimitedServer(t, {
    REDIS_URL: `redis://127.0.0.1:${proxies.Redis.port}`,
    DATABASE_URL: databaseUrl.href,
    STORAGE_KEY: 'ab'.repeat(32),
  });
  return { server, proxies };
}

async function cutOff(
  t: Test,
  proxy: StoreProxy,
  request: FlowRequest,
  sent: number,
  kind: CutKind,
): Promise<boolean> {
  const prepared = await request.prepare(server);
  // Commands of pending mails would interfere.
  await server.mailbox.listAll();
  proxy.cutAfter(sent, kind);
  const answer = await timeReply(prepared);
  const { isCut } = proxy;
  await proxy.mend();
  let { reply } = answer;
  let mayBeDone = kind === 'unanswered';
  if (reply.status !== 200) {
    checkUnavailable(t, answer);
    const again = await sendUntilServed(prepared);
    reply = again.reply;
    // The second cut lost a reply, too.
    mayBeDone ||= again.refusals > 0;
  }
  const wasDone = mayBeDone && reply.body.errno === request.errnoIfDone;
  const name = `${nameOf(request)}, cut after ${sent}${isCut ? '' : ', not reached'}`;
  t.ok(reply.status === 200 || wasDone, `${name}: ${reply.status} ${reply.text.slice(0, 80)}`);
  await untilHealthy(server);
  await prepared.check?.(t, reply);
  return isCut;
}
