import type { Storage } from '../../storage/storage.js';
import { createLogger } from '../logs/log.js';
import type { Terminal } from './terminal.js';

/** Events of commands that change something (docs/logs.md, "Administrative events"). */
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

export interface AdministrativeAct {
  event: AdministrativeEvent;
  uid?: string;
  key?: string;
}

/** Logs an act to standard error, then adds it to the audit table, because the database may fail. */
export async function recordAct(
  { audit }: Pick<Storage, 'audit'>,
  terminal: Pick<Terminal, 'actor' | 'log'>,
  { event, uid, key }: AdministrativeAct,
): Promise<void> {
  const { actor } = terminal;
  createLogger('info', { write: terminal.log }).info({ event, security: true, actor, uid, key });
  await audit.add({ at: Date.now(), actor, event, uid: uid ?? null, key: key ?? null });
}
