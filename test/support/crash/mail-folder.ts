import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type CodeHeader = 'X-Verify-Code' | 'X-Recovery-Code';

const POLL_MS = 10;
const DEADLINE_MS = 20_000;

export class MailFolder {
  readonly #directory: string;
  readonly #seen = new Set<string>();
  /** `header uid` → codes. */
  readonly #codes = new Map<string, string[]>();
  #reading: Promise<void> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async list(header: CodeHeader, uid: string): Promise<string[]> {
    await this.#read();
    return this.#codes.get(`${header} ${uid}`) ?? [];
  }

  /** Waits for more codes than `known`. @returns the newest; `undefined` when `isOver` becomes true first */
  async next(
    header: CodeHeader,
    uid: string,
    known: number,
    isOver: () => boolean,
  ): Promise<string | undefined> {
    for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
      const codes = await this.list(header, uid);
      if (codes.length > known) return codes.at(-1);
      if (isOver()) return undefined;
    }
    throw new Error(`no mail with ${header} arrived`);
  }

  /** Concurrent calls share a reading. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNew().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNew(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    for (const name of names) {
      if (!name.endsWith('.eml') || this.#seen.has(name)) continue;
      this.#seen.add(name);
      const mail = await readFile(join(this.#directory, name), 'utf8');
      for (const header of ['X-Verify-Code', 'X-Recovery-Code'] as const) {
        const code = readHeader(mail, header);
        if (!code) continue;
        const key = `${header} ${readHeader(mail, 'X-Uid')}`;
        this.#codes.set(key, [...(this.#codes.get(key) ?? []), code]);
      }
    }
  }
}

function readHeader(mail: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(\\S+)`, 'im').exec(mail)?.[1];
}
