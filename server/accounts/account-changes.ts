import type { Services } from '../services.js';

/** Announces a change of an account to every server after the commit. A failure is logged only. */
export async function announceChange({ storage, log }: Services, uid: string): Promise<void> {
  try {
    await storage.tokens.announce(uid);
  } catch (error) {
    log.warn({ event: 'changeNotAnnounced', uid, err: error });
  }
}

/**
 * Removes an account's tokens and announces the change after the commit. A failure is logged only, because
 * tokens of an older generation are already invalid.
 */
export async function forgetTokens(services: Services, uid: string): Promise<void> {
  const { storage, log } = services;
  await Promise.all([
    storage.tokens.forgetAccount(uid).catch((error) => {
      log.warn({ event: 'tokensNotForgotten', uid, err: error });
    }),
    announceChange(services, uid),
  ]);
}

/**
 * Removes the tokens and counters of a destroyed account. The count of mails to its address stays: creating and
 * destroying accounts must not flood a mailbox.
 */
export async function forgetAccount(services: Services, uid: string): Promise<void> {
  const { storage, log } = services;
  const countersForgotten = storage.counters.forgetAccount(uid).catch((error) => {
    log.warn({ event: 'countersNotForgotten', uid, err: error });
  });
  await Promise.all([forgetTokens(services, uid), countersForgotten]);
}
