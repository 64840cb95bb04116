import type { Services } from '../services.js';

/** Announces a committed change to every server. A failure is only logged. */
export async function announceChange({ storage, log }: Services, uid: string): Promise<void> {
  try {
    await storage.tokens.announce(uid);
  } catch (error) {
    log.warn({ event: 'changeNotAnnounced', uid, err: error });
  }
}

/** Removes an account's tokens. A failure is only logged: their generation is already outdated. */
export async function forgetTokens(services: Services, uid: string): Promise<void> {
  const { storage, log } = services;
  await Promise.all([
    storage.tokens.forgetAccount(uid).catch((error) => {
      log.warn({ event: 'tokensNotForgotten', uid, err: error });
    }),
    announceChange(services, uid),
  ]);
}

/** Keeps the count of mails to the address: creating and destroying accounts must not flood a mailbox. */
export async function forgetAccount(services: Services, uid: string): Promise<void> {
  const { storage, log } = services;
  const countersForgotten = storage.counters.forgetAccount(uid).catch((error) => {
    log.warn({ event: 'countersNotForgotten', uid, err: error });
  });
  await Promise.all([forgetTokens(services, uid), countersForgotten]);
}
