import { createPublicKey, createSign, generateKeyPairSync, verify } from 'node:crypto';
import { sign } from '../../workers/thread/signing.js';
import { interleave } from '../measure/interleave.js';
import { median, pairedRatio } from '../measure/statistics.js';
import type { BenchContext, Measured } from '../suite.js';
import { createJsbnDsaSigner, createJsbnRsaSigner } from './jsbn-signatures.js';

/** A payload as long as a certificate's for a client's 2048-bit RSA key. */
const PAYLOAD = JSON.stringify({ 'public-key': { algorithm: 'RS', n: '9'.repeat(617), e: '65537' } });

/** Signatures under the server's key, through the server's own code, OpenSSL bare, and jsbn. */
export async function measureCertificateSignatures({ quick, progress }: BenchContext): Promise<Measured> {
  progress.step('signatures: making an RSA and a DSA key');
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey: dsa } = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
  const signJsbnRsa = createJsbnRsaSigner(rsa);
  const signJsbnDsa = createJsbnDsaSigner(dsa);
  const input = Buffer.from(PAYLOAD);
  checkSignatures([
    verify('sha256', input, createPublicKey(rsa), signJsbnRsa(input)),
    verify('sha256', input, { key: createPublicKey(dsa), dsaEncoding: 'ieee-p1363' }, signJsbnDsa(input)),
  ]);

  const competitors = [
    { name: 'RS, the server', run: () => sign({ algorithm: 'RS', privateKey: rsa, payload: PAYLOAD }) },
    { name: 'RS, OpenSSL alone', run: () => createSign('sha256').update(input).sign(rsa) },
    { name: 'RS, jsbn', run: () => signJsbnRsa(input) },
    { name: 'DS, the server', run: () => sign({ algorithm: 'DS', privateKey: dsa, payload: PAYLOAD }) },
    { name: 'DS, OpenSSL alone', run: () => createSign('sha256').update(input).sign(dsa) },
    { name: 'DS, jsbn', run: () => signJsbnDsa(input) },
  ] as const;
  const rounds = quick ? 5 : 30;
  progress.step(`signatures: ${rounds} rounds`);
  const timings = await interleave([...competitors], { rounds, warmUps: 3, atLeastMs: 20, progress });
  const jsbnOf = (name: string) => timings[name.startsWith('RS') ? 'RS, jsbn' : 'DS, jsbn'].cpuMs;
  return {
    sections: [
      {
        title: 'Certificate signatures',
        method:
          'A certificate signed with a 2048-bit key: by the code of the crypto pool, with its JSON and base64; ' +
          `by OpenSSL alone; by jsbn. CPU ms, medians of ${rounds} rounds in turns.`,
        table: {
          columns: [
            { heading: 'signature' },
            { heading: 'CPU ms', digits: 3 },
            { heading: 'a second' },
            { heading: '× jsbn', digits: 1 },
          ],
          rows: competitors.map(({ name }) => {
            const cpuMs = median(timings[name].cpuMs);
            return [name, cpuMs, 1000 / cpuMs, pairedRatio(jsbnOf(name), timings[name].cpuMs)];
          }),
        },
        charts: [
          {
            kind: 'bars',
            title: 'One signature',
            valueLabel: 'CPU ms (shorter is better)',
            bars: competitors.map(({ name }) => ({
              label: name,
              value: median(timings[name].cpuMs),
              highlight: name.endsWith('server'),
            })),
          },
        ],
      },
    ],
    checks: [],
    figures: {
      'sign RS, CPU ms': median(timings['RS, the server'].cpuMs),
      'sign DS, CPU ms': median(timings['DS, the server'].cpuMs),
    },
  };
}

/** @throws Error when a signature does not verify */
function checkSignatures(verified: boolean[]): void {
  if (verified.includes(false)) throw new Error('jsbn makes a signature that OpenSSL does not verify');
}
