import {
  createMany,
  createSrpAccount,
  newAddress,
  type RawAccount,
  type SrpAccount,
} from '../../../bench/load/accounts.js';
import { takeMailedCodes } from '../../../bench/load/mail-folder.js';
import { postJson, signed } from '../../../bench/load/requests.js';
import type { PreparedRequest, Sender } from '../../../bench/load/sender.js';
import { finishRequest, startRequest } from '../../../bench/load/srp-login.js';
import type { ServerProcess } from '../../../bench/server/server-process.js';
import { emailToHex } from '../../../client/email.js';
import { deriveHawkCredentials, type HawkCredentials } from '../../../client/hawk.js';
import { fromHex, toHex } from '../../../protocol/hex.js';

/** Both must get the same kind of answer in the same time. */
export interface Pair {
  a: PreparedRequest;
  b: PreparedRequest;
}

/** A secret that response times must not reveal. */
export interface Guess {
  name: string;
  classes: [a: string, b: string];
  status: number;
  errno?: number;
  /** Without end. Requests that it sends itself are not timed. */
  makePairs(): AsyncGenerator<Pair>;
}

/** Sent in random order together, so that each class follows each class equally often. */
export const SHUFFLED_PAIRS = 10;

const FIRST_BYTE: [string, string] = ['first byte right', 'first byte wrong'];
/** Whole groups of pairs: a new batch cancels the tokens of the previous one. */
const RECOVERY_BATCH = 5 * SHUFFLED_PAIRS;

export function secretGuesses(
  server: ServerProcess,
  sender: Sender,
  account: SrpAccount,
  session: HawkCredentials,
): Guess[] {
  return [
    {
      name: 'verification code',
      classes: FIRST_BYTE,
      status: 400,
      errno: 105,
      async *makePairs() {
        const unverified = await createSrpAccount(server);
        const { uid } = unverified;
        const mailed = await takeMailedCodes(server, 'X-Verify-Code', [uid]);
        const code = fromHex(mailed.get(uid) as string);
        const request = (guess: Uint8Array) =>
          postJson('/v1/recovery_email/verify_code', { uid, code: toHex(guess) });
        for (;;) yield { a: request(flip(code, -1)), b: request(flip(code, 0)) };
      },
    },
    {
      name: 'SRP proof M',
      classes: FIRST_BYTE,
      status: 400,
      errno: 103,
      async *makePairs() {
        const request = async (position: number) => {
          const started = await sender.sendOk(startRequest(account));
          const { request } = finishRequest(account, started.body);
          const proof = JSON.parse((request.body as Buffer).toString());
          return postJson(request.path, { ...proof, M: toHex(flip(fromHex(proof.M), position)) });
        };
        for (;;) yield { a: await request(-1), b: await request(0) };
      },
    },
    {
      name: 'Hawk MAC',
      classes: FIRST_BYTE,
      status: 401,
      errno: 109,
      async *makePairs() {
        const request = (position: number) => {
          const { headers, ...rest } = signed(server.url, '/v1/recovery_email/status', session);
          const Authorization = (headers.Authorization as string).replace(
            /mac="([^"]+)"/,
            (_, mac) => `mac="${Buffer.from(flip(Buffer.from(mac, 'base64'), position)).toString('base64')}"`,
          );
          return { ...rest, headers: { ...headers, Authorization } };
        };
        for (;;) yield { a: request(-1), b: request(0) };
      },
    },
    {
      name: 'recovery code',
      classes: ['first digit right', 'first digit wrong'],
      status: 400,
      errno: 105,
      async *makePairs() {
        const accounts = await createMany(RECOVERY_BATCH, () => createSrpAccount(server));
        for (;;) yield* makeRecoveryPairs(server, sender, accounts);
      },
    },
  ];
}

/** Uses two of the three tries of a fresh token of each account. */
async function* makeRecoveryPairs(
  server: ServerProcess,
  sender: Sender,
  accounts: SrpAccount[],
): AsyncGenerator<Pair> {
  const tokens = new Map<string, string>();
  for (const { uid, emailHex } of accounts) {
    const { body } = await sender.sendOk(postJson('/v1/password/forgot/send_code', { email: emailHex }));
    tokens.set(uid, JSON.parse(body).forgotPasswordToken);
  }
  const codes = await takeMailedCodes(server, 'X-Recovery-Code', [...tokens.keys()]);
  for (const [uid, token] of tokens) {
    const digits = Buffer.from(codes.get(uid) as string);
    const request = (position: number) => {
      const credentials = deriveHawkCredentials('forgotPasswordToken', token);
      // Flipping the lowest bit of an ASCII digit gives another digit.
      const code = Buffer.from(flip(digits, position)).toString();
      return signed(server.url, '/v1/password/forgot/verify_code', credentials, { code });
    };
    yield { a: request(-1), b: request(0) };
  }
}

/** For a server with `ENUMERATION_GUARD=on`. */
export function accountGuesses(accounts: SrpAccount[], rawAccounts: RawAccount[]): Guess[] {
  const classes: [string, string] = ['address with an account', 'address without'];
  const makePairs = (known: { emailHex: string }[], request: (email: string) => PreparedRequest) =>
    async function* () {
      for (let i = 0; ; i++) {
        const { emailHex } = known[i % known.length] as { emailHex: string };
        yield { a: request(emailHex), b: request(emailToHex(newAddress())) };
      }
    };
  return [
    {
      name: 'auth/start',
      classes,
      status: 200,
      makePairs: makePairs(accounts, (email) => postJson('/v1/auth/start', { email })),
    },
    {
      name: 'password/forgot/send_code',
      classes,
      status: 200,
      makePairs: makePairs(accounts, (email) => postJson('/v1/password/forgot/send_code', { email })),
    },
    {
      name: 'raw login with a wrong password',
      classes,
      status: 400,
      errno: 103,
      makePairs: makePairs(rawAccounts, (email) =>
        postJson('/v1/raw_password/session/create', { email, password: 'not the password' }),
      ),
    },
  ];
}

/** Inverts the lowest bit of one byte of a copy. */
function flip(bytes: Uint8Array, position: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const index = (position + copy.length) % copy.length;
  copy[index] = (copy[index] as number) ^ 1;
  return copy;
}
