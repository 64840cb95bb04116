import type { Config } from '../../config/load.js';
import { requireAccount } from './account-commands.js';
import { recordAct } from './administrative-acts.js';
import { type Report, toIso } from './report.js';
import { withStores } from './stores.js';
import type { Terminal } from './terminal.js';

/** Stored fields that are never exported, because they allow logins or decryption. */
const NOT_EXPORTED = ['verifyCode', 'verifier', 'srpSalt', 'stretchingSalt', 'kA', 'wrapKb', 'session keys'];

/** Exports the stored data of a person as JSON, for requests under data protection law. */
export function exportAccount(config: Config, name: string, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const account = await requireAccount(storage, name);
    const { uid, email, locale } = account;
    const sessions = await storage.sessions.list(uid);
    const mails = await storage.outbox.listOf(uid);
    const acts = await storage.audit.listOf(uid);
    const json = {
      exportedAt: toIso(Date.now()),
      account: {
        uid,
        email,
        locale,
        createdAt: toIso(account.createdAt),
        verifiedAt: toIso(account.verifiedAt),
        lockedAt: toIso(account.lockedAt),
        generationAt: toIso(account.generation),
      },
      sessions: sessions.map(({ deviceId, deviceName, deviceType, lastAccessAt }) => {
        return { deviceId, name: deviceName, type: deviceType, lastAccessAt: toIso(lastAccessAt) };
      }),
      waitingMails: mails.map(({ createdAt, nextAttemptAt, attempts }) => {
        return { createdAt: toIso(createdAt), nextAttemptAt: toIso(nextAttemptAt), attempts };
      }),
      acts: acts.map(({ at, actor, event }) => ({ at: toIso(at), actor, event })),
      notExported: NOT_EXPORTED,
    };
    await recordAct(storage, terminal, { event: 'accountExported', uid });
    return { text: JSON.stringify(json, null, 2), json };
  });
}
