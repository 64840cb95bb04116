import { createHash } from 'node:crypto';
import { KeyServerClient } from '../../../client/key-server-client.js';
import { createNodeEngine } from '../../../client/node-engine.js';
import { RawPasswordClient } from '../../../client/raw-password-client.js';
import { SrpClient } from '../../../client/srp-client.js';
import type { Engine } from '../../../client/stretcher.js';
import { bigintModPow } from '../../../protocol/srp.js';

export type LoginMethod = 'srp' | 'raw';

export interface Clients {
  method: LoginMethod;
  client: KeyServerClient;
  /** A raw_password client also has one, for requests that need SRP. Its stretching is then the real one. */
  srp: SrpClient;
  raw: RawPasswordClient;
}

/** The server cannot see how an SRP client stretches. */
const FAST_ENGINE: Engine = {
  modPow: bigintModPow,
  stretch: async (email, password) => createHash('sha256').update(email).update(password).digest(),
};

const ENGINES: Record<LoginMethod, Engine> = { srp: FAST_ENGINE, raw: createNodeEngine() };

export function openClients(
  url: string,
  method: LoginMethod,
  onSent: (path: string) => void = () => {},
): Clients {
  const watchedFetch: typeof fetch = (input, init) => {
    const reply = fetch(input, init);
    onSent(new URL(String(input)).pathname);
    return reply;
  };
  const client = new KeyServerClient({ url, fetch: watchedFetch });
  return { method, client, srp: new SrpClient(client, ENGINES[method]), raw: new RawPasswordClient(client) };
}
