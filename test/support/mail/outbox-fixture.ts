import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createMailTransport } from '../../../server/mail/create-transport.js';
import { type MailEvent, Mailer } from '../../../server/mail/mailer.js';
import type { OutgoingMail } from '../../../storage/outbox.js';
import { openStorage } from '../../../storage/storage.js';

interface Teardown {
  teardown(end: () => unknown): void;
}

export const PUBLIC_URL = 'https://accounts.example.org';
export const FROM = 'Example Accounts <no-reply@example.org>';

export async function makeDirectory(t: Teardown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mail-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

export function createClock(startMs = Date.UTC(2013, 10, 24, 12)) {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance(ms: number) {
      nowMs += ms;
    },
  };
}

export type Clock = ReturnType<typeof createClock>;

/** @param place path of a SQLite file (default: a new one), or a postgres:// URL */
export async function openOutbox(
  t: Teardown,
  clock: Clock,
  place?: string,
  storageKey: Uint8Array = Buffer.alloc(32, 7),
) {
  const storage = await openStorage({
    database: place?.startsWith('postgres:')
      ? { engine: 'postgres', url: place, poolSize: 2 }
      : { engine: 'sqlite', filename: place ?? join(await makeDirectory(t), 'accounts.sqlite') },
    storageKeys: [storageKey],
    now: clock.now,
  });
  t.teardown(() => storage.close());
  const accounts = { created: 0 };
  return {
    outbox: storage.outbox,
    async addMail(content: Partial<OutgoingMail> = {}): Promise<OutgoingMail> {
      const kind = content.kind ?? 'verify';
      accounts.created += 1;
      const mail: OutgoingMail = {
        id: randomUUID(),
        uid: randomUUID(),
        kind,
        email: `somebody-${accounts.created}@example.com`,
        code: kind === 'verify' ? randomBytes(32).toString('hex') : '01234567',
        locale: 'en',
        createdAt: clock.now(),
        ...content,
      };
      const created = await storage.accounts.create(makeAccount(mail), mail);
      if (!created) throw new Error('the address has an account');
      return mail;
    },
  };
}

export function makeAccount({ uid, email, locale, createdAt }: OutgoingMail) {
  const bytes = () => randomBytes(32);
  return {
    uid,
    email,
    locale,
    createdAt,
    verifiedAt: null,
    verifyCode: bytes().toString('hex'),
    kA: bytes(),
    wrapKb: bytes(),
    srpSalt: bytes(),
    stretchingSalt: bytes(),
    verifier: randomBytes(256),
    generation: createdAt,
    lockedAt: null,
  };
}

type Outbox = Awaited<ReturnType<typeof openOutbox>>['outbox'];

/** Without a timer: it sends when it is woken. */
export function createMailer(t: Teardown, options: { outbox: Outbox; clock: Clock; smtpUrl: string }) {
  const lines: Record<string, unknown>[] = [];
  const events: MailEvent[] = [];
  const mailer = new Mailer({
    outbox: options.outbox,
    transport: createMailTransport({ smtpUrl: options.smtpUrl, directory: '' }),
    from: FROM,
    publicUrl: PUBLIC_URL,
    now: options.clock.now,
    log: pino({ level: 'trace' }, { write: (line) => lines.push(JSON.parse(line)) }),
    observe: (event) => events.push(event),
  });
  t.teardown(() => mailer.close());
  return {
    mailer,
    lines,
    events,
    async sendDue(): Promise<MailEvent['type'][]> {
      const before = events.length;
      mailer.wake();
      await mailer.waitUntilIdle();
      return events.slice(before).map(({ type }) => type);
    },
  };
}
