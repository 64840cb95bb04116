import type { Config } from '../../config/load.js';
import type { SigningAlgorithm } from '../../protocol/browserid-keys.js';
import type { StoredSigningKey } from '../../storage/signing-keys.js';
import { generateSigningKey } from '../certificates/signing-key.js';
import {
  findCurrentKey,
  isPublished,
  publishedUntil,
  RELOAD_MS,
  TAKEOVER_AFTER_MS,
} from '../certificates/signing-key-ring.js';
import { recordAct } from './administrative-acts.js';
import { CommandError } from './command-error.js';
import { alignColumns, type Report, toIso } from './report.js';
import { withStores } from './stores.js';
import type { Terminal } from './terminal.js';

/** Lists the keys that certificates are signed with, the newest first. Nothing of the keys themselves. */
export function listKeys(config: Config): Promise<Report> {
  return withStores(config, async ({ signingKeys }) => {
    const keys = await signingKeys.list();
    const nowMs = Date.now();
    const json = keys.map((key) => ({
      id: key.id,
      algorithm: key.algorithm,
      state: stateOf(key, keys, config.signingAlgorithm, nowMs),
      createdAt: toIso(key.createdAt) as string,
      retiredAt: toIso(key.retiredAt),
      publishedUntil: key.retiredAt === null ? null : toIso(publishedUntil(key.retiredAt)),
    }));
    const rows = json.map(({ id, state, createdAt, retiredAt, publishedUntil }) => [
      id,
      state,
      createdAt,
      retiredAt ?? '-',
      publishedUntil ?? '-',
    ]);
    const heading = ['key', 'state', 'created', 'retires', 'published until'];
    return { text: rows.length ? alignColumns(heading, rows) : 'There is no key yet.', json: { keys: json } };
  });
}

/** Makes a new signing key, which takes over once every server knows it. */
export function rotateKey(config: Config, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { signingKeys } = storage;
    const algorithm = config.signingAlgorithm;
    const keys = await signingKeys.list();
    const current = findCurrentKey(keys, algorithm, Date.now());
    if (!current)
      throw new CommandError(`there is no ${algorithm} key yet: the server makes it when it starts`);
    await terminal.confirm(`Make a new ${algorithm} key to take over from ${current.id}?`);
    terminal.progress('Making the key…');
    const key = await makeKey(keys, algorithm);
    const { id } = key;
    const takesOverAt = key.createdAt + TAKEOVER_AFTER_MS;
    if (!(await signingKeys.rotate(key, takesOverAt)))
      throw new CommandError('somebody else rotated the key at the same time: see keys list');
    await recordAct(storage, terminal, { event: 'signingKeyRotated', key: id });
    const json = {
      id,
      predecessor: current.id,
      takesOverAt: toIso(takesOverAt),
      predecessorPublishedUntil: toIso(publishedUntil(takesOverAt)),
    };
    const text = [
      `${id} takes over from ${current.id} at ${json.takesOverAt}, on every server that runs.`,
      `Certificates of ${current.id} verify until they expire; it stays published until ${json.predecessorPublishedUntil}.`,
    ].join('\n');
    return { text, json };
  });
}

/**
 * Takes a key that somebody else may have out of use at once: its successor signs, or a new key, and certificates
 * of it verify nowhere once servers and relying parties have heard.
 */
export function withdrawKey(config: Config, id: string, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { signingKeys } = storage;
    const keys = await signingKeys.list();
    const key = keys.find((key) => key.id === id);
    if (!key) throw new CommandError(`there is no key ${id}: see keys list`);
    await terminal.confirm(
      `Withdraw ${id}? Certificates of it will verify no more, and it cannot be had back.`,
    );
    const others = keys.filter((other) => other !== key);
    // Servers of the other algorithm would be left without a key, too.
    const isLast = !others.some(
      ({ algorithm, retiredAt }) => algorithm === key.algorithm && retiredAt === null,
    );
    if (isLast) terminal.progress('Making the key…');
    const replacement = isLast ? await makeKey(keys, key.algorithm) : undefined;
    if (!(await signingKeys.withdraw(id, replacement)))
      throw new CommandError('somebody else changed the keys at the same time: see keys list');
    await recordAct(storage, terminal, { event: 'signingKeyWithdrawn', key: id });
    const nowMs = Date.now();
    const left = replacement ? [...others, replacement] : others;
    const signs = findCurrentKey(left, key.algorithm, nowMs)?.id as string;
    const json = {
      id,
      madeKey: replacement?.id ?? null,
      signs,
      serversKnowBy: toIso(nowMs + RELOAD_MS) as string,
    };
    const text = [
      `${id} is withdrawn. ${signs} signs instead, and ${id} is published no more: on every server by ${json.serversKnowBy}, ` +
        'unless it does not reach the database; a server that is started again knows at once.',
      'A relying party accepts certificates of it, forged ones too, for as long as it keeps the support document that it read before; ' +
        'this server says that it is not to be kept (Cache-Control: no-store).',
      'Clients with a certificate of it need a new one.',
    ].join('\n');
    return { text, json };
  });
}

function stateOf(
  key: StoredSigningKey,
  keys: StoredSigningKey[],
  algorithm: SigningAlgorithm,
  nowMs: number,
): string {
  if (key === findCurrentKey(keys, algorithm, nowMs)) return 'signs';
  if (!isPublished(key, nowMs)) return 'expired';
  if (key.retiredAt !== null && key.retiredAt <= nowMs) return 'published';
  return key.algorithm === algorithm ? 'takes over' : 'not in use';
}

function nextId(keys: readonly StoredSigningKey[], algorithm: SigningAlgorithm): string {
  const numbers = keys.map(({ id }) => Number(new RegExp(`^${algorithm}-(\\d+)$`).exec(id)?.[1] ?? 0));
  return `${algorithm}-${Math.max(0, ...numbers) + 1}`;
}

/** A key of the next id, not stored yet. */
async function makeKey(
  keys: readonly StoredSigningKey[],
  algorithm: SigningAlgorithm,
): Promise<StoredSigningKey> {
  const privateKeyPem = await generateSigningKey(algorithm);
  return { id: nextId(keys, algorithm), algorithm, privateKeyPem, createdAt: Date.now(), retiredAt: null };
}
