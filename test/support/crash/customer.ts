import { createHash } from 'node:crypto';
import { KeyServerClient } from '../../../client/key-server-client.js';
import { createNodeEngine } from '../../../client/node-engine.js';
import { RawPasswordClient } from '../../../client/raw-password-client.js';
import { SrpClient } from '../../../client/srp-client.js';
import type { Engine } from '../../../client/stretcher.js';
import { bigintModPow } from '../../../protocol/srp.js';

/** The method that a customer's accounts are made and opened through. */
export type LoginMethod = 'srp' | 'raw';

/** The ways of one customer to one server. */
export interface Ways {
  method: LoginMethod;
  client: KeyServerClient;
  /** At the raw method, for what only SRP can do: its stretching is the real one there. */
  srp: SrpClient;
  raw: RawPasswordClient;
}

/** Replaces stretching by a fast function: the server cannot see how an SRP client stretches. */
const HASTY_ENGINE: Engine = {
  modPow: bigintModPow,
  stretch: async (email, password) => createHash('sha256').update(email).update(password).digest(),
};

const ENGINES: Record<LoginMethod, Engine> = { srp: HASTY_ENGINE, raw: createNodeEngine() };

/** @param onSent told of the path of each request as it is sent */
export function openWays(url: string, method: LoginMethod, onSent: (path: string) => void = () => {}): Ways {
  const watchedFetch: typeof fetch = (input, init) => {
    const reply = fetch(input, init);
    onSent(new URL(String(input)).pathname);
    return reply;
  };
  const client = new KeyServerClient({ url, fetch: watchedFetch });
  return { method, client, srp: new SrpClient(client, ENGINES[method]), raw: new RawPasswordClient(client) };
}
