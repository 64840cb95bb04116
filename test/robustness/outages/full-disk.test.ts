import { execFile } from 'node:child_process';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { SqliteHandle } from '../../../storage/sql/sqlite-handle.js';
import { accountBody, createAccount, makeEmail, toHex } from '../../support/api/accounts.js';
import { type Reply, send } from '../../support/api/send.js';
import { makeDataDir } from '../../support/api/start-server.js';
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

const run = promisify(execFile);
/** Exceeds the number of mails per hour and address. */
const MANY = 12;

async function mountSmallDisk(t: Test, directory: string, mebibytes: number): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory]);
  // Lazily: files may still be open.
  t.teardown(() => run('umount', ['--lazy', directory]));
}

/** Containers may forbid mounting even to root. */
async function findMountProblem(): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'small-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]);
    await run('umount', [directory]);
    return undefined;
  } catch (error) {
    return `cannot mount a disk here: ${(error as { stderr?: string }).stderr?.trim()}`;
  } finally {
    await rm(directory, { recursive: true });
  }
}

const skip = await findMountProblem();

async function fill(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'ballast');
  const file = await open(path, 'w');
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      for (;;) await file.write(Buffer.alloc(size, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  await file.close();
  return () => rm(path);
}

async function emptyLog(dataDir: string): Promise<void> {
  const database = await SqliteHandle.open(join(dataDir, 'key-server.sqlite'), 'writer', 5000);
  await database.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  await database.close();
}

async function makeMountPoint(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'small-disk-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

t.test('with a full disk before each request of each flow, writes are refused', { skip }, async (t) => {
  const dataDir = await makeMountPoint(t);
  await mountSmallDisk(t, dataDir, 16);
  const server = await startLimitedServer(t, { DATA_DIR: dataDir });
  const requests = await prepareAll(server, FLOW_REQUESTS);
  const seen = new SeenAnswers();
  await emptyLog(dataDir);
  const makeRoom = await fill(dataDir);
  const answers = await Promise.all(requests.map(({ prepared }) => timeReply(prepared)));
  for (const [i, answer] of answers.entries()) {
    seen.note(t, (requests[i] as (typeof requests)[number]).endpoint, answer.reply);
    if (answer.reply.status !== 200) checkUnavailable(t, answer);
  }
  seen.note(t, 'GET /__heartbeat__', await send(server, '/__heartbeat__', { method: 'GET' }));

  const body = accountBody(makeEmail(), Buffer.alloc(32, 1));
  for (let i = 0; i < MANY; i++)
    t.equal((await send(server, '/v1/account/create', { body })).status, 503, 'and again');

  await makeRoom();
  await untilHealthy(server);
  for (const [i, request] of requests.entries()) {
    const { prepared } = request;
    const before = answers[i]?.reply as Reply;
    const reply = before.status === 200 ? before : (await sendUntilServed(prepared)).reply;
    t.equal(reply.status, 200, `${nameOf(request)} afterwards: ${reply.text.slice(0, 80)}`);
    await prepared.check?.(t, reply);
  }
  t.equal((await send(server, '/v1/account/create', { body })).status, 200, 'no limit is exhausted');
  seen.check(t, 'disk full');
});

t.test('with a full mail disk, accounts are created and mails are queued', { skip }, async (t) => {
  const dataDir = await makeDataDir(t);
  const server = await startLimitedServer(t, { DATA_DIR: dataDir });
  // The first mail creates the directory.
  await createAccount(server);
  const mailDirectory = join(dataDir, 'mail');
  await mountSmallDisk(t, mailDirectory, 1);
  const makeRoom = await fill(mailDirectory);
  const [email, raw] = [makeEmail(), makeEmail()];
  const replies = [
    await send(server, '/v1/account/create', { body: accountBody(email, Buffer.alloc(32, 1)) }),
    await send(server, '/v1/raw_password/account/create', { body: { email: toHex(raw), password: 'x' } }),
    await send(server, '/v1/password/forgot/send_code', { body: { email: toHex(email) } }),
  ];
  for (const { status } of replies) t.equal(status, 200);
  await server.services.mailer.waitUntilIdle();
  t.same(await readdir(mailDirectory), ['ballast'], 'no mail is partly written');
  t.equal(await server.services.storage.outbox.count(), replies.length, 'the mails are queued');
  t.match(await send(server, '/__heartbeat__', { method: 'GET' }), {
    status: 200,
    body: { database: 'ok', tokens: 'ok', mail: 'unavailable' },
  });

  await makeRoom();
  server.clock.advance(400);
  server.services.mailer.wake();
  t.equal((await server.mailbox.listAll()).length, replies.length);
  t.equal(await server.services.storage.outbox.count(), 0);
});
