import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  bigintModPow,
  computeB,
  computeServerProof,
  computeVerifier,
  type ModPow,
} from '../../protocol/srp.js';
import { createGroupModPow } from '../../workers/thread/engines/openssl-mod-pow.js';
import { jsbnModPow } from '../../workers/thread/engines/portable.js';
import { sign as signCertificate } from '../../workers/thread/signing.js';
import { interleave, measureCpuMs, type Operation } from '../measure/interleave.js';
import { median, pairedRatio } from '../measure/statistics.js';
import type { BenchContext, Suite } from '../suite.js';
import { createTable } from '../table.js';

const EMAIL = new TextEncoder().encode('me@example.com');
const OPENSSL = 'OpenSSL';
const ARITHMETICS: Record<string, ModPow> = {
  [OPENSSL]: createGroupModPow(),
  jsbn: jsbnModPow,
  BigInt: bigintModPow,
};
/** A payload with the length of a certificate for a 2048-bit RSA key. */
const PAYLOAD = JSON.stringify({ 'public-key': { algorithm: 'RS', n: '9'.repeat(617), e: '65537' } });

interface Competitor extends Operation {
  operation: string;
  implementation: string;
}

export const sign: Suite = {
  name: 'sign',
  title: 'SRP and signatures',
  async run({ quick, report }: BenchContext) {
    const rounds = quick ? 5 : 15;
    const competitors = [...srpOperations(), ...signatures()];
    const results = await interleave(competitors, measureCpuMs, {
      what: 'SRP and signatures',
      rounds,
      report,
    });
    const openssl = (operation: string) =>
      results.find((result) => result.operation === operation && result.implementation === OPENSSL)
        ?.samples ?? [];
    return {
      sections: [
        {
          title: 'SRP and signatures on one core',
          method:
            'SRP with 2048 bits on three implementations of modular exponentiation: OpenSSL (the default), jsbn (the ' +
            'portable engine) and BigInt (browsers). Signatures with 2048-bit keys: as the server makes certificates ' +
            `(node-rsa for RS), and OpenSSL alone. CPU ms, medians of ${rounds} interleaved rounds.`,
          table: createTable(results, [
            ['operation', ({ operation }) => operation],
            ['implementation', ({ implementation }) => implementation],
            ['CPU ms', ({ samples }) => median(samples), 2],
            [`× ${OPENSSL}`, ({ operation, samples }) => pairedRatio(samples, openssl(operation)), 2],
          ]),
        },
      ],
      checks: [],
    };
  },
};

function srpOperations(): Competitor[] {
  const [srpSalt, srpPW, b] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const modPow = ARITHMETICS[OPENSSL] as ModPow;
  const verifier = computeVerifier(modPow, srpSalt, EMAIL, srpPW);
  const exchange = { verifier, b, A: randomBytes(256), B: computeB(modPow, verifier, b) };
  return Object.entries(ARITHMETICS).flatMap(([implementation, modPow]) => [
    { operation: 'SRP start: B', implementation, run: () => computeB(modPow, verifier, b) },
    { operation: 'SRP finish: S, M, K', implementation, run: () => computeServerProof(modPow, exchange) },
  ]);
}

function signatures(): Competitor[] {
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey: dsa } = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
  const input = Buffer.from(PAYLOAD);
  return (['RS', 'DS'] as const).flatMap((algorithm) => {
    const operation = `${algorithm} certificate`;
    const privateKey = algorithm === 'RS' ? rsa : dsa;
    const task = { keyId: algorithm, algorithm, privateKey, payload: PAYLOAD };
    return [
      { operation, implementation: OPENSSL, run: () => createSign('sha256').update(input).sign(privateKey) },
      { operation, implementation: 'this server', run: () => signCertificate(task) },
    ];
  });
}
