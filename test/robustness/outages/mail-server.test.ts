import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openDatabase } from '../../../storage/sql/database.js';
import { accountBody, makeEmail } from '../../support/api/accounts.js';
import { type Reply, send } from '../../support/api/send.js';
import { ServerProcess } from '../../support/api/server-process.js';
import { makeDataDir } from '../../support/api/start-server.js';
import { startMailServer } from '../../support/mail/mail-server.js';
import { SeenAnswers } from '../../support/outages/documented.js';
import { FLOW_REQUESTS } from '../../support/outages/flows.js';
import { nameOf, prepareAll, startLimitedServer, timeReply } from '../../support/outages/outage.js';
import { findFreePort } from '../../support/services/free-port.js';
import { waitUntil } from '../../support/wait-until.js';

// The tests mostly wait.
t.jobs = 4;

type Failure = 'refuses connections' | 'never replies' | 'disconnects after DATA';

/** Below the lifetime of the flows' tokens. */
const LONGEST_PAUSE_S = 361;
const ORDERING = FLOW_REQUESTS.filter(({ endpoint }) => /(account\/create|send_code)$/.test(endpoint));

class MailProxy {
  readonly port: number;
  readonly #mailPort: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #failure: Failure | undefined;
  failures = 0;

  constructor(port: number, mailPort: number) {
    this.port = port;
    this.#mailPort = mailPort;
  }

  async set(failure: Failure | undefined): Promise<void> {
    this.close();
    this.#failure = failure;
    if (failure === 'refuses connections') return;
    this.#server = createServer((client) => this.#serve(client)).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket): void {
    this.#sockets.add(client.on('error', () => {}));
    if (this.#failure === 'never replies') {
      this.failures++;
      return;
    }
    const server = connect(this.#mailPort, '127.0.0.1');
    this.#sockets.add(server.on('error', () => {}));
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    server.pipe(client);
    client.on('data', (chunk: Buffer) => {
      if (this.#failure && /(^|\r\n)\.\r\n$/.test(chunk.toString('latin1'))) {
        this.failures++;
        client.destroy();
      } else server.write(chunk);
    });
  }
}

async function startWithMail(t: Test) {
  const dataDir = await makeDataDir(t);
  await mkdir(join(dataDir, 'mail'));
  let count = 0;
  const { port: mailPort } = await startMailServer(t, {
    onMail: ({ raw }) => writeFile(join(dataDir, 'mail', `${++count}.eml`), raw),
  });
  const proxy = new MailProxy(await findFreePort(), mailPort);
  t.teardown(() => proxy.close());
  await proxy.set(undefined);
  const SMTP_URL = `smtp://127.0.0.1:${proxy.port}?greetingTimeout=3000`;
  return { server: await startLimitedServer(t, { DATA_DIR: dataDir, SMTP_URL }), proxy };
}

for (const failure of ['refuses connections', 'never replies', 'disconnects after DATA'] as const) {
  t.test(`a mail server that ${failure} delays no request, and gets every mail later`, async (t) => {
    const { server, proxy } = await startWithMail(t);
    const isWhole = failure === 'refuses connections';
    const requests = await prepareAll(server, isWhole ? FLOW_REQUESTS : ORDERING);
    await server.mailbox.listAll();
    await proxy.set(failure);
    const answers = await Promise.all(requests.map(({ prepared }) => timeReply(prepared)));
    await server.services.mailer.waitUntilIdle();
    const heartbeat: Reply = await send(server, '/__heartbeat__', { method: 'GET' });
    t.match(heartbeat, { status: 200, body: { mail: 'unavailable' } });
    t.ok(isWhole || proxy.failures > 0);
    t.ok((await server.services.storage.outbox.count()) >= ORDERING.length, 'the mails are queued');

    await proxy.set(undefined);
    server.clock.advance(LONGEST_PAUSE_S);
    const seen = new SeenAnswers();
    seen.note(t, 'GET /__heartbeat__', heartbeat);
    for (const [i, request] of requests.entries()) {
      const { reply } = answers[i] as (typeof answers)[number];
      seen.note(t, request.endpoint, reply);
      t.equal(reply.status, 200, nameOf(request));
      await request.prepared.check?.(t, reply);
    }
    await server.mailbox.listAll();
    t.equal(await server.services.storage.outbox.count(), 0, 'the outbox is empty');
    t.match((await send(server, '/__heartbeat__', { method: 'GET' })).body, { mail: 'ok' });
    if (isWhole) seen.check(t, 'mail server away');
  });
}

t.test('an unsent mail is sent once by the next server', async (t) => {
  const port = await findFreePort();
  const env = { DATA_DIR: await makeDataDir(t), SMTP_URL: `smtp://127.0.0.1:${port}` };
  const first = await new ServerProcess(t, env).listening();
  const body = accountBody(makeEmail(), Buffer.alloc(32, 1));
  t.equal((await send(first, '/v1/account/create', { body })).status, 200);
  // A server that is killed during an attempt keeps its claim on the mail for two minutes.
  const { db, close } = await openDatabase({
    engine: 'sqlite',
    filename: join(env.DATA_DIR, 'key-server.sqlite'),
  });
  await waitUntil(async () => {
    const { next_attempt_at, attempts } = await db.selectFrom('mails').selectAll().executeTakeFirstOrThrow();
    return attempts > 0 && next_attempt_at < Date.now() + 60_000;
  });
  await close();
  first.kill('SIGKILL');
  t.match(await first.exit(), { signal: 'SIGKILL' });

  const mailServer = await startMailServer(t, { port });
  const second = await new ServerProcess(t, env).listening();
  await waitUntil(() => mailServer.received.length > 0);
  second.kill('SIGTERM');
  t.match(await second.exit(), { code: 0 }, 'it finishes open deliveries');
  const third = await new ServerProcess(t, env).listening();
  third.kill('SIGTERM');
  await third.exit();
  t.equal(mailServer.received.length, 1);
});
