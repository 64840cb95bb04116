import type { Config } from '../../config/load.js';
import type { StoredSigningKey } from '../../storage/signing-keys.js';
import type { SigningAlgorithm } from '../../workers/messages.js';
import { QuickLane } from '../../workers/quick-lane.js';
import {
  findCurrentKey,
  isPublished,
  publishedUntil,
  TAKEOVER_AFTER_MS,
} from '../certificates/signing-key-ring.js';
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
  return withStores(config, async ({ signingKeys }) => {
    const algorithm = config.signingAlgorithm;
    const keys = await signingKeys.list();
    const current = findCurrentKey(keys, algorithm, Date.now());
    if (!current)
      throw new CommandError(`there is no ${algorithm} key yet: the server makes it when it starts`);
    await terminal.confirm(`Make a new ${algorithm} key to take over from ${current.id}?`);
    terminal.progress('Making the key…');
    const privateKeyPem = await generateKey(algorithm);
    const createdAt = Date.now();
    const id = nextId(keys, algorithm);
    const takesOverAt = createdAt + TAKEOVER_AFTER_MS;
    const added = await signingKeys.rotate(
      { id, algorithm, privateKeyPem, createdAt, retiredAt: null },
      takesOverAt,
    );
    if (!added) throw new CommandError('somebody else rotated the key at the same time: see keys list');
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

function nextId(keys: StoredSigningKey[], algorithm: SigningAlgorithm): string {
  const numbers = keys.map(({ id }) => Number(new RegExp(`^${algorithm}-(\\d+)$`).exec(id)?.[1] ?? 0));
  return `${algorithm}-${Math.max(0, ...numbers) + 1}`;
}

async function generateKey(algorithm: SigningAlgorithm): Promise<string> {
  const quickLane = new QuickLane({ threads: 1, modPow: 'jsbn' });
  try {
    const { key } = await quickLane.run('generateKey', { id: '', algorithm });
    return key.privateKeyPem;
  } finally {
    await quickLane.close();
  }
}
