import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { TokenKind, TokenStore } from '../../../storage/tokens/token-store.js';
import { randomHex, TOKEN_KINDS, tokenRecords } from '../../support/storage/records.js';

/** Two servers' views. A store in process has one view. */
export interface TokenStoreUnderTest {
  store: TokenStore;
  other: TokenStore;
  now: () => number;
  /** Advances the clocks of the server and the store. */
  elapse(ms: number): Promise<void>;
}

const SOURCE = '192.0.2.1';
const LIFE_S = 600;
const SHORT_LIFE_S = 0.1;
const LONGER_MS = 150;

export function describeTokenStore(t: Test, { store, other, now, elapse }: TokenStoreUnderTest): void {
  const putNew = async <Kind extends TokenKind>(kind: Kind, uid?: string, ttlSeconds = LIFE_S) => {
    const id = randomHex();
    const record = tokenRecords(uid)[kind];
    await store.put(kind, id, record, ttlSeconds);
    return { id, record };
  };

  for (const kind of TOKEN_KINDS) {
    t.test(`a ${kind} can be read repeatedly, taken once, and expires`, async (t) => {
      const { id, record } = await putNew(kind);
      const stored = { ...record, expiresAt: now() + LIFE_S * 1000 };
      t.same(await other.get(kind, id), stored);
      t.same(await store.get(kind, id), stored);
      t.match(await other.take(kind, id), stored);
      t.equal(await store.take(kind, id), undefined);
      t.equal(await store.get(kind, id), undefined);

      const short = await putNew(kind, undefined, SHORT_LIFE_S);
      await elapse(LONGER_MS);
      t.equal(await store.get(kind, short.id), undefined);
      t.equal(await store.take(kind, short.id), undefined);
    });
  }

  t.test('of fifty simultaneous takes exactly one gets the token', async (t) => {
    const { id } = await putNew('keyFetchToken');
    const takes = Array.from({ length: 50 }, (_, i) => (i % 2 ? store : other).take('keyFetchToken', id));
    t.equal((await Promise.all(takes)).filter(Boolean).length, 1);
  });

  t.test('a token of one kind is not found as another kind', async (t) => {
    const { id } = await putNew('authToken');
    t.equal(await store.get('keyFetchToken', id), undefined);
    t.equal(await store.take('accountResetToken', id), undefined);
    t.ok(await store.take('authToken', id));
  });

  t.test('a token is restored with the claim of its take, once', async (t) => {
    const { id, record } = await putNew('authToken');
    const taken = await store.take('authToken', id);
    t.notOk(await other.restore('authToken', id, randomUUID()), 'with another claim');
    t.notOk(await other.restore('authToken', id, ''), 'by none');
    t.equal(await store.get('authToken', id), undefined);
    t.ok(await other.restore('authToken', id, taken?.claim ?? ''));
    t.same(await store.get('authToken', id), { ...record, expiresAt: taken?.expiresAt });
    t.notOk(await store.restore('authToken', id, taken?.claim ?? ''));

    t.ok(await other.take('authToken', id));
    t.notOk(await store.restore('authToken', id, taken?.claim ?? ''), 'after the next take');
  });

  t.test('a restored token keeps its expiry', async (t) => {
    const { id } = await putNew('authToken', undefined, SHORT_LIFE_S);
    const taken = await store.take('authToken', id);
    if (taken) await store.restore('authToken', id, taken.claim);
    await elapse(LONGER_MS);
    t.equal(await store.get('authToken', id), undefined);
  });

  t.test('a new forgotPasswordToken cancels the previous one of the same source only', async (t) => {
    const uid = randomUUID();
    const first = await putNew('forgotPasswordToken', uid);
    await store.replaceForgotPasswordToken(uid, SOURCE, first.id, LIFE_S);
    t.ok(await store.get('forgotPasswordToken', first.id));
    const second = await putNew('forgotPasswordToken', uid);
    await other.replaceForgotPasswordToken(uid, SOURCE, second.id, LIFE_S);
    t.equal(await store.get('forgotPasswordToken', first.id), undefined);
    t.ok(await store.get('forgotPasswordToken', second.id));
    await store.replaceForgotPasswordToken(uid, SOURCE, second.id, LIFE_S);
    t.ok(await store.get('forgotPasswordToken', second.id), 'a token does not cancel itself');
    const third = await putNew('forgotPasswordToken', uid);
    await store.replaceForgotPasswordToken(uid, '2001:db8::/56', third.id, LIFE_S);
    t.ok(await store.get('forgotPasswordToken', second.id), 'another source');
    await store.forgetAccount(uid);
    for (const { id } of [second, third]) t.equal(await store.get('forgotPasswordToken', id), undefined);
  });

  t.test('of simultaneous forgotPasswordTokens one survives', async (t) => {
    const uid = randomUUID();
    const ids = await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const { id } = await putNew('forgotPasswordToken', uid);
        await (i % 2 ? store : other).replaceForgotPasswordToken(uid, SOURCE, id, LIFE_S);
        return id;
      }),
    );
    const found = await Promise.all(ids.map((id) => store.get('forgotPasswordToken', id)));
    t.equal(found.filter(Boolean).length, 1);
  });

  t.test('simultaneous guesses are all counted', async (t) => {
    const id = randomHex();
    t.equal(await store.guesses(id), 0);
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? store : other).countGuess(id, LIFE_S)),
    );
    t.same(
      counts.map(({ guesses }) => guesses).sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    t.equal(await store.guesses(id), 20);
    t.equal(await store.guesses(randomHex()), 0);
  });

  t.test('a guess is restored with its claim, once', async (t) => {
    const id = randomHex();
    const { claim } = await store.countGuess(id, LIFE_S);
    await store.countGuess(id, LIFE_S);
    await other.restoreGuess(id, randomUUID());
    t.equal(await store.guesses(id), 2, 'not with another claim');
    for (let i = 0; i < 2; i++) await other.restoreGuess(id, claim);
    t.equal(await store.guesses(id), 1);
    t.equal((await store.countGuess(id, LIFE_S)).guesses, 2);
    await store.restoreGuess(randomHex(), claim);
  });

  t.test('guesses expire with their token', async (t) => {
    const id = randomHex();
    await store.countGuess(id, SHORT_LIFE_S);
    await elapse(LONGER_MS);
    t.equal(await store.guesses(id), 0);
  });

  t.test('a nonce is accepted once for each token and timestamp, until it expires', async (t) => {
    const token = { uid: randomUUID(), tokenID: randomHex() };
    t.ok(await store.claimNonce(token, 'nonce', 1_385_251_200, LIFE_S));
    t.notOk(await other.claimNonce(token, 'nonce', 1_385_251_200, LIFE_S));
    t.ok(await store.claimNonce(token, 'nonce', 1_385_251_201, LIFE_S));
    t.ok(await store.claimNonce({ ...token, tokenID: randomHex() }, 'nonce', 1_385_251_200, LIFE_S));
    t.ok(await store.claimNonce({ ...token, uid: randomUUID() }, 'nonce', 1_385_251_200, LIFE_S));

    const later = { ...token, uid: randomUUID() };
    t.ok(await store.claimNonce(later, 'nonce', 1, SHORT_LIFE_S));
    await elapse(LONGER_MS);
    t.ok(await store.claimNonce(later, 'nonce', 1, LIFE_S));
  });

  t.test('of fifty simultaneous claims of a nonce one is accepted', async (t) => {
    const token = { uid: randomUUID(), tokenID: randomHex() };
    const claims = Array.from({ length: 50 }, (_, i) =>
      (i % 2 ? store : other).claimNonce(token, 'same', 1_385_251_200, LIFE_S),
    );
    t.equal((await Promise.all(claims)).filter(Boolean).length, 1);
  });

  t.test('forgetting an account removes its tokens, including taken ones', async (t) => {
    const uid = randomUUID();
    const tokens = await Promise.all(
      TOKEN_KINDS.map(async (kind) => ({ kind, ...(await putNew(kind, uid)) })),
    );
    const forgot = await putNew('forgotPasswordToken', uid);
    await store.replaceForgotPasswordToken(uid, SOURCE, forgot.id, LIFE_S);
    await store.countGuess(forgot.id, LIFE_S);
    const used = await putNew('authToken', uid);
    const taken = await store.take('authToken', used.id);
    const session = { uid, tokenID: randomHex() };
    await store.claimNonce(session, 'nonce', 1, LIFE_S);
    const bystander = await putNew('authToken');

    await other.forgetAccount(uid);
    for (const { kind, id } of tokens) t.equal(await store.get(kind, id), undefined, kind);
    t.equal(await store.get('forgotPasswordToken', forgot.id), undefined);
    t.equal(await store.guesses(forgot.id), 0);
    t.notOk(await store.restore('authToken', used.id, taken?.claim ?? ''));
    t.equal(await store.get('authToken', used.id), undefined);
    t.ok(await store.claimNonce(session, 'nonce', 1, LIFE_S));
    t.ok(await store.get('authToken', bystander.id));
    await store.forgetAccount(randomUUID());
  });

  t.test('every server is notified of changes of the account it listens to', async (t) => {
    const [one, two] = [randomUUID(), randomUUID()];
    const heard: string[] = [];
    const hear = (server: TokenStore, uid: string, name: string) =>
      new Promise<() => Promise<void>>((resolve) => {
        let told = () => {};
        const next = () => new Promise<void>((done) => (told = done));
        server
          .listen(uid, () => {
            heard.push(name);
            told();
          })
          .then((stop) => t.teardown(stop))
          .then(() => resolve(next));
      });
    const first = await hear(store, one, 'first');
    const second = await hear(other, one, 'second');
    const third = await hear(store, two, 'third');

    const both = Promise.all([first(), second()]);
    await store.announce(one);
    await both;
    const last = third();
    await other.announce(two);
    await last;
    t.same(heard.sort(), ['first', 'second', 'third']);
  });

  t.test('a stopped listener is not called', async (t) => {
    const uid = randomUUID();
    const stop = await store.listen(uid, () => t.fail('heard'));
    stop();
    const heard = new Promise<void>(
      (resolve) => void store.listen(uid, resolve).then((end) => t.teardown(end)),
    );
    await store.announce(uid);
    await heard;
  });

  t.test('ping succeeds while the store answers', async (t) => {
    t.equal(await store.ping(), undefined);
  });
}
