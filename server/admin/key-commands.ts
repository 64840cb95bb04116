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

/** Creates a signing key, which is used once every server has loaded it. */
export function rotateKey(config: Config, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { signingKeys } = storage;
    const algorithm = config.signingAlgorithm;
    const keys = await signingKeys.list();
    const current = findCurrentKey(keys, algorithm, Date.now());
    if (!current) throw new CommandError(`there is no ${algorithm} key yet: the server creates it at start`);
    await terminal.confirm(`Create a new ${algorithm} key to replace ${current.id}?`);
    terminal.progress('Creating the key…');
    const key = await createKey(keys, algorithm);
    const { id } = key;
    const takesOverAt = key.createdAt + TAKEOVER_AFTER_MS;
    if (!(await signingKeys.rotate(key, takesOverAt)))
      throw new CommandError('the key was rotated by another command at the same time: see keys list');
    await recordAct(storage, terminal, { event: 'signingKeyRotated', key: id });
    const json = {
      id,
      predecessor: current.id,
      takesOverAt: toIso(takesOverAt),
      predecessorPublishedUntil: toIso(publishedUntil(takesOverAt)),
    };
    const text = [
      `${id} replaces ${current.id} at ${json.takesOverAt} on every running server.`,
      `Certificates of ${current.id} stay valid until they expire; it is published until ${json.predecessorPublishedUntil}.`,
    ].join('\n');
    return { text, json };
  });
}

/** Withdraws a compromised key. Its certificates are invalid once relying parties reload the keys. */
export function withdrawKey(config: Config, id: string, terminal: Terminal): Promise<Report> {
  return withStores(config, async (storage) => {
    const { signingKeys } = storage;
    const keys = await signingKeys.list();
    const key = keys.find((key) => key.id === id);
    if (!key) throw new CommandError(`there is no key ${id}: see keys list`);
    await terminal.confirm(`Withdraw ${id}? Its certificates become invalid, and it cannot be restored.`);
    const others = keys.filter((other) => other !== key);
    // Keys of the other algorithm do not count: servers with this algorithm would have no key.
    const isLast = !others.some(
      ({ algorithm, retiredAt }) => algorithm === key.algorithm && retiredAt === null,
    );
    if (isLast) terminal.progress('Creating the key…');
    const replacement = isLast ? await createKey(keys, key.algorithm) : undefined;
    if (!(await signingKeys.withdraw(id, replacement)))
      throw new CommandError('the keys were changed by another command at the same time: see keys list');
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
      `${id} is withdrawn. ${signs} signs instead, and ${id} is no longer published, on every server by ${json.serversKnowBy} ` +
        'if it can reach the database. A restarted server knows at once.',
      'A relying party that caches the support document accepts its certificates, including forged ones, until it reloads it. ' +
        'This server forbids caching (Cache-Control: no-store).',
      'Clients with one of its certificates need a new one.',
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

async function createKey(
  keys: readonly StoredSigningKey[],
  algorithm: SigningAlgorithm,
): Promise<StoredSigningKey> {
  const privateKeyPem = await generateSigningKey(algorithm);
  return { id: nextId(keys, algorithm), algorithm, privateKeyPem, createdAt: Date.now(), retiredAt: null };
}
