import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from 'redis';

export class Secrets {
  readonly #forms = new Map<string, Buffer[]>();

  addText(name: string, text: string): string {
    this.#forms.set(name, formsOf(Buffer.from(text)));
    return text;
  }

  addHex(name: string, hex: string): string {
    this.#forms.set(name, formsOf(Buffer.from(hex, 'hex')));
    return hex;
  }

  get names(): string[] {
    return [...this.#forms.keys()];
  }

  /** Finds raw bytes, hex of either case, and base64 of these. */
  findIn(haystack: Buffer | string): string[] {
    const bytes = Buffer.isBuffer(haystack) ? haystack : Buffer.from(haystack);
    return this.names.filter((name) => this.#forms.get(name)?.some((form) => bytes.includes(form)));
  }
}

function formsOf(secret: Buffer): Buffer[] {
  const hex = secret.toString('hex');
  const base64 = [secret, Buffer.from(hex)].flatMap(toBase64);
  return [secret, ...[hex, hex.toUpperCase(), ...base64].map((text) => Buffer.from(text))];
}

/** Returns the base64 for each alignment. */
function toBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes, Buffer.alloc(2)]).toString('base64');
    // Skip digits that encode bits of adjacent bytes.
    const inner = text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Leaves out mails, which are for the owner of the address. */
export async function readDataDir(dataDir: string): Promise<[name: string, content: Buffer][]> {
  const entries = await readdir(dataDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return Promise.all(
    names.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(dataDir, name))]),
  );
}

/** Serializes values without compression. */
export async function readRedis(url: string): Promise<[key: string, value: string][]> {
  const client = await createClient({ url }).connect();
  try {
    const keys = await client.keys('*');
    return await Promise.all(
      keys.map(async (key): Promise<[string, string]> => {
        const type = await client.type(key);
        if (type === 'string') return [key, (await client.get(key)) ?? ''];
        if (type === 'set') return [key, (await client.sMembers(key)).join('\n')];
        if (type === 'zset') return [key, (await client.zRange(key, 0, -1)).join('\n')];
        if (type === 'hash') return [key, JSON.stringify(await client.hGetAll(key))];
        throw new Error(`${key} is a ${type}, which this test cannot read`);
      }),
    );
  } finally {
    client.destroy();
  }
}
