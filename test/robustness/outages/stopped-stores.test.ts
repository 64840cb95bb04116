import t, { type Test } from 'tap';
import { type Reply, send } from '../../support/api/send.js';
import type { TestServer } from '../../support/api/start-server.js';
import { SeenAnswers } from '../../support/outages/documented.js';
import { FLOW_REQUESTS } from '../../support/outages/flows.js';
import {
  checkUnavailable,
  nameOf,
  prepareAll,
  sendUntilServed,
  startLimitedServer,
  timeReply,
  untilHealthy,
} from '../../support/outages/outage.js';
import { startPostgres } from '../../support/services/postgres.js';
import { startRedis } from '../../support/services/redis.js';
import type { ServiceProcess } from '../../support/services/service-process.js';

const OUTAGES = [
  ['freeze', 'thaw'],
  ['stop', 'start'],
] as const;

const postgres = await startPostgres(t);
const redis = await startRedis(t, { args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
const stores = { 'database away': postgres, 'Redis away': redis } as const;

for (const [away, store] of Object.entries(stores) as [keyof typeof stores, ServiceProcess][]) {
  t.test(`${away} hangs, then stops, before each request of each flow; nothing is consumed`, async (t) => {
    const server = await startLimitedServer(t, {
      REDIS_URL: redis.url,
      DATABASE_URL: await postgres.createDatabase(),
      STORAGE_KEY: 'ab'.repeat(32),
    });
    const seen = new SeenAnswers();
    let waiting = await prepareAll(server, FLOW_REQUESTS);
    for (const [begin, end] of OUTAGES) {
      await store[begin]();
      // The store returns only after all replies, so no request waited for it.
      const answers = await Promise.all(waiting.map(({ prepared }) => timeReply(prepared)));
      await noteHeartbeat(t, server, seen);
      await store[end]();
      await untilHealthy(server);
      const served: typeof waiting = [];
      for (const [i, request] of waiting.entries()) {
        const answer = answers[i] as (typeof answers)[number];
        seen.note(t, request.endpoint, answer.reply);
        if (answer.reply.status === 200) {
          await request.prepared.check?.(t, answer.reply);
          served.push(request);
        } else checkUnavailable(t, answer);
      }
      waiting = [
        ...waiting.filter((request) => !served.includes(request)),
        ...(await prepareAll(server, served)),
      ];
    }
    // All requests before the first check: tokens expire.
    const again = await Promise.all(waiting.map(({ prepared }) => sendUntilServed(prepared)));
    for (const [i, request] of waiting.entries()) {
      const { reply } = again[i] as (typeof again)[number];
      t.equal(reply.status, 200, `${nameOf(request)} afterwards: ${reply.text.slice(0, 80)}`);
      await request.prepared.check?.(t, reply);
    }
    seen.check(t, away);
  });
}

async function noteHeartbeat(t: Test, server: TestServer, seen: SeenAnswers): Promise<void> {
  const reply: Reply = await send(server, '/__heartbeat__', { method: 'GET' });
  seen.note(t, 'GET /__heartbeat__', reply);
}
