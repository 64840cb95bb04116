import { randomBytes, randomUUID } from 'node:crypto';
import type { Account, PasswordMaterial } from '../../../storage/account-rows.js';
import type { OutgoingMail } from '../../../storage/outbox.js';
import type { NewSession } from '../../../storage/sessions.js';
import type { TokenKind, TokenRecords } from '../../../storage/tokens/token-store.js';

/** A time that needs more than 32 bits. */
export const NOW_MS = 1_385_251_200_000;

export function randomHex(): string {
  return randomBytes(32).toString('hex');
}

export function tokenRecords(uid: string = randomUUID()): TokenRecords {
  const account = { uid, generation: NOW_MS };
  const hawkKeys = () => ({ reqHMACkey: randomHex(), requestKey: randomHex() });
  return {
    srpToken: { ...account, verifier: randomHex(), b: randomHex(), B: randomHex() },
    authToken: { ...account, ...hawkKeys(), authAt: 1_385_251_300_000 },
    keyFetchToken: { ...account, ...hawkKeys() },
    accountResetToken: { ...account, ...hawkKeys(), provenBy: 'code' },
    forgotPasswordToken: { ...account, ...hawkKeys(), token: randomHex(), code: '01234567' },
  };
}

export const TOKEN_KINDS = Object.keys(tokenRecords()) as TokenKind[];

export function newAccount(overrides: Partial<Account> = {}): Account {
  return {
    uid: randomUUID(),
    email: `Zoë.${randomBytes(6).toString('hex')}@Example.org`,
    verifiedAt: null,
    verifyCode: randomHex(),
    kA: randomBytes(32),
    generation: NOW_MS,
    locale: 'de',
    createdAt: NOW_MS,
    lockedAt: null,
    ...newPassword(),
    ...overrides,
  };
}

export function newPassword(): PasswordMaterial {
  return {
    verifier: randomBytes(256),
    srpSalt: randomBytes(32),
    stretchingSalt: randomBytes(32),
    wrapKb: randomBytes(32),
  };
}

export function newMail({ uid, email, verifyCode, locale }: Account, createdAt = NOW_MS): OutgoingMail {
  return { id: randomUUID(), uid, kind: 'verify', email, code: verifyCode, locale, createdAt };
}

export function newSession({ uid, generation }: Account, createdAt = NOW_MS): NewSession {
  const device = { deviceId: randomUUID(), deviceName: 'Zoë’s 🦊', deviceType: 'phone' } as const;
  return { tokenID: randomHex(), reqHMACkey: randomBytes(32), uid, generation, createdAt, ...device };
}
