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

/**
 * Records an event with actor and time, in the security log on standard error and in the audit table. The log line is
 * written first, in case the database fails.
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
