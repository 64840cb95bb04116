import { randomBytes } from 'node:crypto';
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
import { createFastOpensslModPow } from '../../workers/thread/engines/openssl-mod-pow.js';
import { jsbnModPow } from '../../workers/thread/engines/portable.js';
import { interleave } from '../measure/interleave.js';
import { median, pairedRatio } from '../measure/statistics.js';
import type { Section } from '../results.js';
import type { BenchContext, Measured } from '../suite.js';

const EMAIL = new TextEncoder().encode('me@example.com');

const ARITHMETICS = ['jsbn', 'BigInt', 'OpenSSL'] as const;
const OPERATIONS = ['start', 'finish', 'verifier'] as const;
type Arithmetic = (typeof ARITHMETICS)[number];
type Operation = (typeof OPERATIONS)[number];

const NAMES: Record<Operation, string> = {
  start: 'auth/start: B',
  finish: 'auth/finish: S, M, K',
  verifier: 'account: verifier',
};

/** The server's SRP arithmetic on each kind of modular exponentiation. */
export async function measureSrpOperations({ quick, progress }: BenchContext): Promise<Measured> {
  const modPows: Record<Arithmetic, ModPow> = {
    jsbn: jsbnModPow,
    BigInt: bigintModPow,
    OpenSSL: createFastOpensslModPow(),
  };
  checkAgreement(Object.values(modPows));
  const exchange = makeExchange(modPows.OpenSSL);
  const competitors = OPERATIONS.flatMap((operation) =>
    ARITHMETICS.map((arithmetic) => ({
      name: `${operation} ${arithmetic}` as const,
      run: () => compute(modPows[arithmetic], operation, exchange),
    })),
  );
  const rounds = quick ? 5 : 30;
  progress.step(`SRP on jsbn, BigInt and OpenSSL: ${rounds} rounds`);
  const timings = await interleave(competitors, { rounds, warmUps: 3, atLeastMs: 20, progress });
  const cpuOf = (operation: Operation, arithmetic: Arithmetic) => timings[`${operation} ${arithmetic}`].cpuMs;
  return {
    sections: [
      {
        title: 'SRP',
        method:
          'What auth/start, auth/finish and the making of a verifier compute, 2048 bits, on three kinds of ' +
          `modular exponentiation; CPU ms, medians of ${rounds} rounds in turns. OpenSSL is what the server uses; ` +
          'jsbn is for runtimes whose OpenSSL will not; BigInt is for browsers.',
        table: {
          columns: [
            { heading: 'operation' },
            ...ARITHMETICS.map((heading) => ({ heading: `${heading} ms`, digits: 3 })),
            { heading: 'OpenSSL × jsbn', digits: 1 },
          ],
          rows: OPERATIONS.map((operation) => [
            NAMES[operation],
            ...ARITHMETICS.map((arithmetic) => median(cpuOf(operation, arithmetic))),
            pairedRatio(cpuOf(operation, 'jsbn'), cpuOf(operation, 'OpenSSL')),
          ]),
        },
        charts: [drawBars(cpuOf)],
      },
    ],
    checks: [],
    figures: Object.fromEntries(
      OPERATIONS.map((operation) => [`SRP ${operation}, CPU ms`, median(cpuOf(operation, 'OpenSSL'))]),
    ),
  };
}

function drawBars(
  cpuOf: (operation: Operation, arithmetic: Arithmetic) => number[],
): Section['charts'][number] {
  return {
    kind: 'bars',
    title: 'SRP of one login: auth/start and auth/finish together',
    valueLabel: 'CPU ms (shorter is better)',
    bars: ARITHMETICS.map((arithmetic) => ({
      label: arithmetic,
      value: median(cpuOf('start', arithmetic)) + median(cpuOf('finish', arithmetic)),
      highlight: arithmetic === 'OpenSSL',
    })),
  };
}

type Exchange = ReturnType<typeof makeExchange>;

function makeExchange(modPow: ModPow) {
  const [srpSalt, srpPW, a, b] = [randomBytes(32), randomBytes(32), randomBytes(32), randomBytes(32)];
  const verifier = computeVerifier(modPow, srpSalt, EMAIL, srpPW);
  return { srpSalt, srpPW, a, b, verifier, A: computeA(modPow, a), B: computeB(modPow, verifier, b) };
}

function compute(modPow: ModPow, operation: Operation, exchange: Exchange): unknown {
  switch (operation) {
    case 'start':
      return computeB(modPow, exchange.verifier, exchange.b);
    case 'finish':
      return computeServerProof(modPow, exchange);
    case 'verifier':
      return computeVerifier(modPow, exchange.srpSalt, EMAIL, exchange.srpPW);
  }
}

/** @throws Error when client and server do not meet on one of the arithmetics */
function checkAgreement(modPows: ModPow[]): void {
  for (const modPow of modPows) {
    const exchange = makeExchange(modPow);
    const client = computeClientProof(modPow, { ...exchange, email: EMAIL });
    if (!isSameProof(client.M, computeServerProof(modPow, exchange).M)) throw new Error('SRP does not meet');
  }
}
