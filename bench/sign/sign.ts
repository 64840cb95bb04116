import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  bigintModPow,
  computeA,
  computeB,
  computeClientProof,
  computeServerProof,
  computeVerifier,
  isSameProof,
  type ModPow,
} from '../../protocol/srp.js';
import { createGroupModPow } from '../../workers/thread/engines/openssl-mod-pow.js';
import { jsbnModPow } from '../../workers/thread/engines/portable.js';
import { sign as signCertificate } from '../../workers/thread/signing.js';
import { interleave } from '../measure/interleave.js';
import { median, pairedRatio } from '../measure/statistics.js';
import type { BenchContext, Measured, Suite } from '../suite.js';

const EMAIL = new TextEncoder().encode('me@example.com');
const ARITHMETICS = { jsbn: jsbnModPow, BigInt: bigintModPow, OpenSSL: createGroupModPow() };
/** A payload with the length of a certificate for a 2048-bit RSA key. */
const PAYLOAD = JSON.stringify({ 'public-key': { algorithm: 'RS', n: '9'.repeat(617), e: '65537' } });

/** SRP and signatures, the operations of the crypto pool. */
export const sign: Suite = {
  name: 'sign',
  title: 'SRP and signatures',
  async run({ quick, progress }: BenchContext): Promise<Measured> {
    const rounds = quick ? 5 : 30;
    const exchange = makeExchange(ARITHMETICS.OpenSSL);
    const competitors = [
      ...Object.entries(ARITHMETICS).flatMap(([name, modPow]) => srpOperations(name, modPow, exchange)),
      ...signatures(),
    ];
    progress.step(`SRP and signatures: ${rounds} rounds`);
    const timings = await interleave(competitors, { rounds, warmUps: 3, atLeastMs: 20, progress });
    const cpuMs = (name: string) => timings[name]?.cpuMs as number[];
    return {
      sections: [
        {
          title: 'SRP and signatures on one core',
          method:
            'SRP with 2048 bits on three implementations of modular exponentiation: OpenSSL (the default), jsbn (the ' +
            'portable engine) and BigInt (browsers). Signatures with 2048-bit keys: as the server makes certificates ' +
            `(node-rsa for RS), and bare OpenSSL. CPU ms, medians of ${rounds} interleaved rounds.`,
          table: {
            columns: [
              { heading: 'operation' },
              { heading: 'implementation' },
              { heading: 'CPU ms', digits: 3 },
              { heading: '× OpenSSL', digits: 2 },
            ],
            rows: competitors.map(({ name, operation, implementation }) => [
              operation,
              implementation,
              median(cpuMs(name)),
              pairedRatio(cpuMs(name), cpuMs(`${operation} OpenSSL`)),
            ]),
          },
          charts: [],
        },
      ],
      checks: [],
      figures: {},
    };
  },
};

function srpOperations(implementation: string, modPow: ModPow, exchange: Exchange) {
  checkAgreement(modPow);
  const named = (operation: string, run: () => unknown) => ({
    name: `${operation} ${implementation}`,
    operation,
    implementation,
    run,
  });
  return [
    named('SRP start: B', () => computeB(modPow, exchange.verifier, exchange.b)),
    named('SRP finish: S, M, K', () => computeServerProof(modPow, exchange)),
    named('SRP verifier', () => computeVerifier(modPow, exchange.srpSalt, EMAIL, exchange.srpPW)),
  ];
}

function signatures() {
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey: dsa } = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
  const input = Buffer.from(PAYLOAD);
  return (
    [
      ['RS', rsa],
      ['DS', dsa],
    ] as const
  ).flatMap(([algorithm, privateKey]) => {
    const operation = `${algorithm} certificate`;
    const server = { name: `${operation} server`, operation, implementation: 'this server' };
    const openssl = { name: `${operation} OpenSSL`, operation, implementation: 'OpenSSL' };
    return [
      {
        ...server,
        run: () => signCertificate({ keyId: algorithm, algorithm, privateKey, payload: PAYLOAD }),
      },
      { ...openssl, run: () => createSign('sha256').update(input).sign(privateKey) },
    ];
  });
}

type Exchange = ReturnType<typeof makeExchange>;

function makeExchange(modPow: ModPow) {
  const [srpSalt, srpPW, a, b] = [randomBytes(32), randomBytes(32), randomBytes(32), randomBytes(32)];
  const verifier = computeVerifier(modPow, srpSalt, EMAIL, srpPW);
  return { srpSalt, srpPW, a, b, verifier, A: computeA(modPow, a), B: computeB(modPow, verifier, b) };
}

/** Checks the results. @throws Error when client and server do not agree on a proof */
function checkAgreement(modPow: ModPow): void {
  const exchange = makeExchange(modPow);
  const client = computeClientProof(modPow, { ...exchange, email: EMAIL });
  if (!isSameProof(client.M, computeServerProof(modPow, exchange).M)) throw new Error('SRP proofs differ');
}
