import type { Test } from 'tap';
import { accept, createAccount, login } from '../api/accounts.js';
import { type PublicKey, RSA_KEY, readCertificate, verifyCertificate } from '../api/certificates.js';
import { send } from '../api/send.js';
import { startServer, type TestServer } from '../api/start-server.js';
import { runAdmin } from './run-admin.js';

export interface SupportDocument {
  'public-key': PublicKey;
  'public-keys': PublicKey[];
}

export async function readSupportDocument(server: TestServer): Promise<SupportDocument> {
  // The document is not a reply of the API, whose members ReplyBody lists.
  return accept(await send(server, '/.well-known/browserid', { method: 'GET' })) as never;
}

export function isVerified(cert: string, { 'public-keys': keys }: SupportDocument): boolean {
  return keys.some((key) => {
    try {
      return verifyCertificate(cert, key);
    } catch {
      return false;
    }
  });
}

export function describeRotation(t: Test, algorithm: 'RS' | 'DS'): void {
  t.test(`a running server signs with a rotated ${algorithm} key, and old certificates verify`, async (t) => {
    const server = await startServer(t, { SIGNING_ALGORITHM: algorithm });
    const env = { DATA_DIR: server.dataDir, SIGNING_ALGORITHM: algorithm };
    const { sessionToken: token } = await login(server, await createAccount(server));
    const sign = async () => {
      const body = { publicKey: RSA_KEY, duration: 3600 };
      const signer = { type: 'sessionToken', token } as const;
      return accept(await send(server, '/v1/certificate/sign', { body, signer })).cert;
    };
    const before = await readSupportDocument(server);
    t.same(before['public-keys'], [before['public-key']]);
    const oldCertificate = await sign();

    const rotated = await runAdmin(env, 'keys', 'rotate', '--yes', '--json');
    t.equal(rotated.code, 0, rotated.stderr);
    t.match(rotated.json, { id: `${algorithm}-2`, predecessor: `${algorithm}-1` });

    await server.services.signer.keys.reload();
    const meanwhile = await readSupportDocument(server);
    t.same(
      meanwhile['public-key'],
      before['public-key'],
      'the new key does not sign before every server has loaded it',
    );
    t.equal(meanwhile['public-keys'].length, 2, 'the new key is published');
    t.ok(await readCertificate(server, await sign()));

    server.clock.advance(61);
    const after = await readSupportDocument(server);
    t.notSame(after['public-key'], before['public-key']);
    t.same(new Set(after['public-keys']), new Set([after['public-key'], before['public-key']]));
    const newCertificate = await sign();
    t.ok(verifyCertificate(newCertificate, after['public-key']));
    t.throws(() => verifyCertificate(newCertificate, before['public-key']));
    t.throws(() => verifyCertificate(oldCertificate, after['public-key']));
    t.ok(isVerified(oldCertificate, after));
    t.ok(isVerified(newCertificate, meanwhile), 'a document read before the change also verifies it');

    server.clock.advance(26 * 3600);
    t.same((await readSupportDocument(server))['public-keys'], [after['public-key']]);
  });
}
