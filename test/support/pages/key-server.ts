import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfig } from '../../../config/load.js';
import { type KeyServer, startKeyServer } from '../../../server/key-server.js';
import type { OutgoingMail } from '../../../storage/outbox.js';
import { makeAccount } from '../mail/outbox-fixture.js';
import { watchResponses } from '../openapi/watch-responses.js';
import type { Teardown } from '../services/service-process.js';

export async function startServer(t: Teardown, env: NodeJS.ProcessEnv = {}): Promise<KeyServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pages-'));
  t.teardown(() => rm(dataDir, { recursive: true, force: true }));
  const config = loadConfig({ PORT: '0', DATA_DIR: dataDir, STRETCH_THREADS: '1', ...env });
  const server = await startKeyServer({ config, log: pino({ level: 'silent' }) });
  watchResponses(t, server.url);
  t.teardown(() => server.close());
  return server;
}

/** Returns the verification link of an account without a known password. */
export async function addAccount({ url, services }: KeyServer) {
  const uid = randomUUID();
  const code = randomBytes(32).toString('hex');
  const mail: OutgoingMail = {
    id: randomUUID(),
    uid,
    kind: 'verify',
    email: `${uid}@example.com`,
    code,
    locale: 'en',
    createdAt: services.now(),
  };
  await services.storage.accounts.create({ ...makeAccount(mail), verifyCode: code }, mail);
  return {
    uid,
    link: `${url}/verify_email#uid=${uid}&code=${code}`,
    isVerified: async () => (await services.storage.accounts.findByUid(uid))?.verifiedAt !== null,
  };
}
