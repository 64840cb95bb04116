import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { normalizeEmail } from '../../protocol/email.js';
import { SRP_BYTES } from '../../protocol/srp.js';
import type { Account } from '../../storage/accounts.js';

const DECOY_GENERATION = 0;

/**
 * How much longer an answer is held by chance, at the most, in µs. What work leaves behind, caches that are colder after
 * a mail was written, makes an answer some tens of µs later: with this, a hundred thousand requests would not tell.
 */
const CHANCE_US = 10_000;
/** How much later than asked a timer may be, in ms: it counts whole ones from the last turn of the event loop. */
const TIMER_SLACK_MS = 1.5;

/**
 * Accounts that are not there, for `ENUMERATION_GUARD=on`: whoever asks for an address gets the same salts
 * each time, as if it had an account, and no password fits.
 */
export class Decoys {
  readonly #secret: Uint8Array;
  readonly #answerMs: number;

  /**
   * @param secret 32 bytes, the same on every server and for ever: so are the decoys then
   * @param answerMs an answer that would tell by its time is held until a multiple of this has passed, and a little more
   */
  constructor(secret: Uint8Array, answerMs: number) {
    this.#secret = secret;
    this.#answerMs = answerMs;
  }

  /** The account that an address without one seems to have. */
  accountOf(email: string): Account {
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
      generation: DECOY_GENERATION,
      locale: 'en',
      createdAt: 0,
      lockedAt: null,
    };
  }

  /**
   * Does some work and holds its outcome until a fixed time has passed, or twice that, and so on, so that the
   * work's own does not show; on a busy server neither.
   */
  async evenly<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    const startedMs = performance.now();
    try {
      return await work();
    } finally {
      const times = 1 + Math.floor((performance.now() - startedMs) / this.#answerMs);
      await waitUntil(startedMs + times * this.#answerMs + randomInt(CHANCE_US) / 1000);
    }
  }
}

/**
 * Waits until a moment by `performance.now()`, to some µs. A timer alone would show to what part of a ms the work
 * before it took: a hundred µs, which a thousand requests tell apart.
 */
async function waitUntil(momentMs: number): Promise<void> {
  const timerMs = momentMs - performance.now() - TIMER_SLACK_MS;
  if (timerMs >= 1) await sleep(timerMs);
  while (performance.now() < momentMs) await nextTurn();
}

/** A verifier that no password fits: below N, whose first byte is 0xac, and as unpredictable as the B it goes into. */
export function makeUnprovableVerifier(): Uint8Array {
  const verifier = new Uint8Array(randomBytes(SRP_BYTES));
  verifier[0] = (verifier[0] as number) & 0x7f;
  return verifier;
}

/** Whether an account, or a token's word of one, is of a decoy: no password was set before 1970. */
export function isDecoy({ generation }: { generation: number }): boolean {
  return generation === DECOY_GENERATION;
}

/** A UUID of version 4, as those of accounts are (RFC 9562, 5.4). */
function toUuid(bytes: Buffer): string {
  const uuid = Buffer.from(bytes.subarray(0, 16));
  uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
  return uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
