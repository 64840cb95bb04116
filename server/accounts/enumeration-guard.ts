import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { normalizeEmail } from '../../protocol/email.js';
import { SRP_BYTES } from '../../protocol/srp.js';
import type { Account } from '../../storage/account-rows.js';

const SIMULATED_GENERATION = 0;

/** Without it, 100,000 requests show whether a mail was written, which leaves caches cold. */
const MAX_RANDOM_DELAY_US = 10_000;
/** Timers count whole ms from the last turn of the event loop, so they can be this late. */
const TIMER_SLACK_MS = 1.5;

/** Hides which addresses have accounts, in the content and the time of responses (`ENUMERATION_GUARD=on`). */
export class EnumerationGuard {
  readonly #secret: Uint8Array;
  readonly #responseMs: number;

  /** @param secret 32 bytes, shared and constant: the salts of unknown addresses derive from it */
  constructor(secret: Uint8Array, responseMs: number) {
    this.#secret = secret;
    this.#responseMs = responseMs;
  }

  /** The salts of an address are constant, and no password matches the verifier. */
  simulateAccount(email: string): Account {
    const derive = (purpose: string) =>
      createHmac('sha256', this.#secret)
        .update(`${purpose}:${normalizeEmail(email)}`)
        .digest();
    return {
      uid: toUuid(derive('uid')),
      email,
      verifiedAt: null,
      verifyCode: '',
      kA: Buffer.alloc(0),
      wrapKb: Buffer.alloc(0),
      verifier: makeUnprovableVerifier(),
      srpSalt: derive('srpSalt'),
      stretchingSalt: derive('stretchingSalt'),
      generation: SIMULATED_GENERATION,
      locale: 'en',
      createdAt: 0,
      lockedAt: null,
    };
  }

  /** Delays the outcome to a multiple of `responseMs` plus a random time, which hides the duration. */
  async padResponseTime<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    const startedMs = performance.now();
    try {
      return await work();
    } finally {
      const times = 1 + Math.floor((performance.now() - startedMs) / this.#responseMs);
      await waitUntil(startedMs + times * this.#responseMs + randomInt(MAX_RANDOM_DELAY_US) / 1000);
    }
  }
}

/** Waits until a time of `performance.now()` to within some µs: a timer's rounding would reveal the duration. */
async function waitUntil(momentMs: number): Promise<void> {
  const timerMs = momentMs - performance.now() - TIMER_SLACK_MS;
  if (timerMs >= 1) await sleep(timerMs);
  while (performance.now() < momentMs) await nextTurn();
}

/** Returns a random verifier that no password matches. It is below N, whose first byte is 0xac. */
export function makeUnprovableVerifier(): Uint8Array {
  const verifier = new Uint8Array(randomBytes(SRP_BYTES));
  verifier[0] = (verifier[0] as number) & 0x7f;
  return verifier;
}

/** Real generations are times after 1970. */
export function isSimulated({ generation }: { generation: number }): boolean {
  return generation === SIMULATED_GENERATION;
}

/** Formats bytes as a UUID of version 4 (RFC 9562, section 5.4). */
function toUuid(bytes: Buffer): string {
  const uuid = Buffer.from(bytes.subarray(0, 16));
  uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
