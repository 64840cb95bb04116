import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import { generateSigningKey } from '../../../server/certificates/signing-key.js';
import {
  findCurrentKey,
  isPublished,
  SigningKeyRing,
} from '../../../server/certificates/signing-key-ring.js';
import { createLogger } from '../../../server/logs/log.js';
import { StoreUnavailableError } from '../../../storage/errors.js';
import { openServer } from '../../support/storage/sql-under-test.js';
import { newSqliteFile } from '../../support/storage/sqlite-directory.js';

const HOUR_MS = 3_600_000;
const RS = { algorithm: 'RS' } as const;

t.test('the oldest key that is not retired signs', async (t) => {
  const first = { ...RS, createdAt: 0, retiredAt: 60 };
  const second = { ...RS, createdAt: 10, retiredAt: 70 };
  const third = { ...RS, createdAt: 20, retiredAt: null };
  const dsa = { algorithm: 'DS', createdAt: 5, retiredAt: null } as const;
  const keys = [third, second, dsa, first];
  t.equal(findCurrentKey(keys, 'RS', 59), first);
  t.equal(findCurrentKey(keys, 'RS', 60), second);
  t.equal(findCurrentKey(keys, 'RS', 70), third);
  t.equal(findCurrentKey(keys, 'DS', 70), dsa);
  t.equal(findCurrentKey([first], 'RS', 60), undefined);
});

t.test('a key is published while its certificates can be valid', async (t) => {
  t.ok(isPublished({ retiredAt: null }, HOUR_MS));
  t.ok(isPublished({ retiredAt: 1 }, 24 * HOUR_MS));
  t.notOk(isPublished({ retiredAt: 0 }, 26 * HOUR_MS));
});

t.test('a ring loads keys of other servers and signs with a new key from its takeover on', async (t) => {
  const { signingKeys } = await openServer(t, await newSqliteFile(t));
  const log = createLogger('silent');
  let nowMs = 1000;
  const options = { signingKeys, algorithm: 'RS', now: () => nowMs, log } as const;
  const ring = await SigningKeyRing.open(options);
  const other = await SigningKeyRing.open(options);
  t.equal(ring.current.id, 'RS-1');
  t.same(other.current, ring.current, 'the first server creates the key, the next one finds it');
  const first = ring.current.publicKey;

  nowMs += 1000;
  const key = { ...RS, id: 'RS-2', privateKeyPem: await generateSigningKey('RS') };
  await signingKeys.rotate({ ...key, createdAt: nowMs, retiredAt: null }, nowMs + 60_000);
  await ring.reload();
  t.equal(ring.current.id, 'RS-1');
  t.equal(ring.published.length, 2);
  nowMs += 60_000;
  t.equal(ring.current.id, 'RS-2');
  t.same(ring.published, [ring.current.publicKey, first]);
  nowMs += 26 * HOUR_MS;
  t.same(ring.published, [ring.current.publicKey]);
  t.equal((await SigningKeyRing.open(options)).current.id, 'RS-2');
});

t.test('no server starts when all keys are retired', async (t) => {
  const { signingKeys } = await openServer(t, await newSqliteFile(t));
  const key = { ...RS, id: 'RS-1', privateKeyPem: await generateSigningKey('RS') };
  await signingKeys.add({ ...key, createdAt: 0, retiredAt: 0 });
  const log = createLogger('silent');
  const options = { signingKeys, algorithm: 'RS', now: () => 1000, log } as const;
  await t.rejects(SigningKeyRing.open(options), { message: 'every RS key is retired' });
});

t.test('a started ring finds new keys, and logs an outage of the database once', async (t) => {
  const storage = await openServer(t, await newSqliteFile(t));
  const lines: string[] = [];
  const log = createLogger('warn', { write: (line) => void lines.push(line) });
  const { signingKeys } = storage;
  const list = signingKeys.list.bind(signingKeys);
  let [isAway, listed] = [false, 0];
  signingKeys.list = () => {
    listed++;
    return isAway ? Promise.reject(new StoreUnavailableError('database', new Error('away'))) : list();
  };
  const options = { signingKeys, algorithm: 'RS', now: () => 1000, log, reloadMs: 1 } as const;
  const ring = await SigningKeyRing.open(options);
  const key = { ...RS, id: 'RS-2', privateKeyPem: await generateSigningKey('RS') };
  ring.start();
  t.teardown(() => ring.close());
  await signingKeys.rotate({ ...key, createdAt: 1000, retiredAt: null }, 1000);
  while (ring.current.id !== 'RS-2') await nextTurn();
  t.equal(ring.published.length, 2);
  for (let outage = 1; outage <= 2; outage++) {
    isAway = true;
    const before = listed;
    while (listed < before + 3) await nextTurn();
    isAway = false;
    const away = listed;
    while (listed < away + 2) await nextTurn();
    t.equal(ring.current.id, 'RS-2', 'it keeps its keys');
    t.equal(lines.length, outage);
  }
});
