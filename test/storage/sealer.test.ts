import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import t from 'tap';
import { Sealer } from '../../storage/sealer.js';

const STORAGE_KEY = randomBytes(32);
const AAD = 'accounts.verifier:4c352927-cd4f-4a4a-a03d-7d1893d950b8';
const SECRET = Buffer.from('plaintext');

function sealWith(key: Uint8Array, label: string, aad: string): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(aad));
  const ciphertext = Buffer.concat([cipher.update(SECRET), cipher.final()]);
  const keyId = createHash('sha256').update(label).update(STORAGE_KEY).digest().subarray(0, 4);
  return Buffer.concat([keyId, iv, ciphertext, cipher.getAuthTag()]);
}

t.test('each row, column and token has its own key, derived by HKDF from the storage key', async (t) => {
  const sealer = new Sealer([STORAGE_KEY]);
  const derived = Buffer.from(hkdfSync('sha256', STORAGE_KEY, '', AAD, 32));
  t.same(sealer.open(AAD, sealWith(derived, 'derived storage key id', AAD)), SECRET);
  const sealed = sealer.seal(AAD, SECRET);
  t.same(sealed.subarray(0, 4), sealWith(derived, 'derived storage key id', AAD).subarray(0, 4));
  t.same(sealer.open(AAD, sealed), SECRET);
  const other = 'fxa:authToken:{00}';
  t.throws(() => sealer.open(other, sealWith(derived, 'derived storage key id', other)), /authenticate/);
});

t.test('a value sealed with the storage key itself opens and is not current', async (t) => {
  const sealer = new Sealer([STORAGE_KEY]);
  const old = sealWith(STORAGE_KEY, 'storage key id', AAD);
  t.same(sealer.open(AAD, old), SECRET);
  t.equal(sealer.isCurrent(old), false, 'storage reencrypt moves it');
  t.equal(sealer.isCurrent(sealer.seal(AAD, sealer.open(AAD, old))), true);
});

t.test('a value does not open with another AAD, a changed byte, or another storage key', async (t) => {
  const sealer = new Sealer([STORAGE_KEY]);
  const sealed = sealer.seal(AAD, SECRET);
  t.throws(() => sealer.open(`${AAD}0`, sealed), /authenticate/);
  for (let i = 4; i < sealed.length; i++) {
    const changed = Buffer.from(sealed);
    changed[i] = (changed[i] as number) ^ 1;
    t.throws(() => sealer.open(AAD, changed), /authenticate/);
  }
  t.throws(() => new Sealer([randomBytes(32)]).open(AAD, sealed), { code: 'STORAGE_KEY' });
});
