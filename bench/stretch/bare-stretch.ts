import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { firstPbkdf2Input, scryptInput, secondPbkdf2Input } from '../../protocol/stretching.js';

/**
 * The stretching of a password and nothing else, as anyone would write it with `node:crypto`: what a
 * server's whole login is compared with. It blocks the thread for a quarter of a second.
 */
export function stretchBare(email: Uint8Array, password: Uint8Array): Uint8Array {
  const K1 = pbkdf2(firstPbkdf2Input(email, password));
  const { password: secret, salt, N, r, p, length } = scryptInput(K1);
  const K2 = scryptSync(secret, salt, length, { N, r, p, maxmem: 256 * N * r });
  return pbkdf2(secondPbkdf2Input(email, password, K2));
}

function pbkdf2({ password, salt, rounds, length }: ReturnType<typeof firstPbkdf2Input>): Uint8Array {
  return pbkdf2Sync(password, salt, rounds, length, 'sha256');
}
