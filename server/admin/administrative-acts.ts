import type { Storage } from '../../storage/storage.js';
import { createLogger } from '../logs/log.js';
import type { Terminal } from './terminal.js';

/** What operators do, besides reading: docs/logs.md, "Administrative events". */
export type AdministrativeEvent =
  | 'accountCreated'
  | 'accountVerified'
  | 'accountLocked'
  | 'accountUnlocked'
  | 'accountDestroyed'
  | 'accountExported'
  | 'signingKeyRotated'
  | 'signingKeyWithdrawn'
  | 'storageReencrypted'
  | 'storageMoved';

/** An act, and the account or signing key it was about. */
export interface AdministrativeAct {
  event: AdministrativeEvent;
  uid?: string;
  key?: string;
}

/**
 * Records what was done, by whom and when: in the audit table, and as a line of the security log on standard error.
 * The line comes first, so that an act leaves a trace when the database fails.
 */
export async function recordAct(
  { audit }: Pick<Storage, 'audit'>,
  terminal: Pick<Terminal, 'actor' | 'log'>,
  { event, uid, key }: AdministrativeAct,
): Promise<void> {
  const { actor } = terminal;
  createLogger('info', { write: terminal.log }).info({ event, security: true, actor, uid, key });
  await audit.add({ at: Date.now(), actor, event, uid: uid ?? null, key: key ?? null });
}
