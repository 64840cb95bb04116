import type { Test } from 'tap';
import type { DatabaseLocation } from '../../../storage/sql/database.js';
import { NOW_MS, newAccount, newMail, newPassword, newSession } from './records.js';
import { openServer } from './sql-under-test.js';

export async function recordStatements(t: Test, database: DatabaseLocation) {
  let statements: string[] = [];
  const storage = await openServer(t, database, undefined, ({ sql }) => statements.push(sql));
  const { accounts, accountSearch, audit, sessions, outbox, signingKeys } = storage;
  const account = newAccount();
  const { uid, generation } = account;
  const session = newSession(account);
  const mail = newMail(account);
  const key = { id: 'key', algorithm: 'RS', privateKeyPem: 'x', createdAt: NOW_MS, retiredAt: null } as const;
  const steps: [name: string, step: () => Promise<unknown>][] = [
    ['accounts.exists', () => accounts.exists(account.email)],
    ['accounts.create', () => accounts.create(account, mail)],
    ['accounts.findByEmail', () => accounts.findByEmail(account.email)],
    ['accounts.findByUid', () => accounts.findByUid(uid)],
    ['accounts.markVerified', () => accounts.markVerified(uid, NOW_MS)],
    ['accountSearch.find', () => accountSearch.find({}, { limit: 50 })],
    ['accountSearch.find by prefix', () => accountSearch.find({ prefix: '5' }, { after: '51', limit: 50 })],
    ['accountSearch.find by domain', () => accountSearch.find({ domain: 'example.org' }, { limit: 50 })],
    ['accountSearch.find unverified', () => accountSearch.find({ unverified: true }, { limit: 50 })],
    ['accountSearch.find locked', () => accountSearch.find({ locked: true }, { limit: 50 })],
    ['accountSearch.find idle', () => accountSearch.find({ idleSince: NOW_MS }, { limit: 50 })],
    ['audit.add', () => audit.add({ at: NOW_MS, actor: 'root', event: 'accountLocked', uid, key: null })],
    ['audit.list', () => audit.list({ limit: 50 })],
    ['audit.list after a page', () => audit.list({ before: '9', limit: 50 })],
    ['audit.listOf', () => audit.listOf(uid)],
    ['outbox.listOf', () => outbox.listOf(uid)],
    ['sessions.create', () => sessions.create(session, 100)],
    ['sessions.create when there are too many', () => sessions.create(newSession(account), 1)],
    ['sessions.find', () => sessions.find(session.tokenID)],
    ['sessions.list', () => sessions.list(uid)],
    ['sessions.touch', async () => sessions.touch(session.tokenID, NOW_MS)],
    ['sessions.close', () => sessions.close()],
    ['sessions.destroy', () => sessions.destroy(session.tokenID)],
    ['outbox.add', () => outbox.add(newMail(account))],
    ['outbox.claim', () => outbox.claim(10, NOW_MS, 1000)],
    ['outbox.postpone', () => outbox.postpone(mail.id, NOW_MS)],
    ['outbox.remove', () => outbox.remove(mail.id)],
    ['accounts.setPassword', () => accounts.setPassword(uid, generation, newPassword(), NOW_MS + 1)],
    ['accounts.destroy', () => accounts.destroy(uid, NOW_MS + 1)],
    ['signingKeys.add', () => signingKeys.add(key)],
    ['signingKeys.list', () => signingKeys.list()],
    ['pingDatabase', () => storage.pingDatabase()],
  ];
  const byStep: Record<string, string[]> = {};
  for (const [name, step] of steps) {
    statements = [];
    await step();
    byStep[name] = statements;
  }
  return byStep;
}

/** Statements of each method, with BEGIN and COMMIT. */
export const STATEMENTS = {
  'accounts.exists': 1,
  'accounts.create': 4,
  'accounts.findByEmail': 1,
  'accounts.findByUid': 1,
  'accounts.markVerified': 1,
  'accountSearch.find': 1,
  'accountSearch.find by prefix': 1,
  'accountSearch.find by domain': 1,
  'accountSearch.find unverified': 1,
  'accountSearch.find locked': 1,
  'accountSearch.find idle': 1,
  'audit.add': 1,
  'audit.list': 1,
  'audit.list after a page': 1,
  'audit.listOf': 1,
  'outbox.listOf': 1,
  'sessions.create': 1,
  'sessions.create when there are too many': 2,
  'sessions.find': 1,
  'sessions.list': 1,
  'sessions.touch': 0,
  'sessions.close': 1,
  'sessions.destroy': 1,
  'outbox.add': 1,
  'outbox.claim': 1,
  'outbox.postpone': 1,
  'outbox.remove': 1,
  'accounts.setPassword': 4,
  'accounts.destroy': 1,
  'signingKeys.add': 1,
  'signingKeys.list': 1,
  pingDatabase: 1,
};

/** Methods on tables of one or two rows, which no request calls. */
const SMALL_TABLES = ['signingKeys.add', 'signingKeys.list', 'pingDatabase'];

/** Lists statements on tables that grow with the accounts, without those of transactions and settings. */
export function listRequestStatements(
  byMethod: Record<string, string[]>,
): [method: string, statement: string][] {
  const asked = Object.entries(byMethod).filter(([method]) => !SMALL_TABLES.includes(method));
  const statements = asked.flatMap(([method, all]) => all.map((one) => [method, one] as [string, string]));
  return statements.filter(([, statement]) => !/^(begin|commit$|PRAGMA)/.test(statement));
}

export function countStatements(byMethod: Record<string, string[]>): Record<string, number> {
  return Object.fromEntries(Object.entries(byMethod).map(([name, { length }]) => [name, length]));
}
