import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';

/** The headers with codes (docs/protocol.md, "Mail"). */
export type CodeHeader = 'x-verify-code' | 'x-recovery-code';

export class Mailbox {
  /** @param settle waits until the outbox is empty */
  constructor(
    private readonly directory: string,
    private readonly settle: () => Promise<void>,
  ) {}

  /** Oldest first. */
  async list(uid: string): Promise<ParsedMail[]> {
    return (await this.listAll()).filter((mail) => mail.headers.get('x-uid') === uid);
  }

  /** Oldest first. */
  async listAll(): Promise<ParsedMail[]> {
    await this.settle();
    const names = await readdir(this.directory).catch(() => []);
    const mails = await Promise.all(names.map((name) => this.#read(join(this.directory, name))));
    // The Date header has seconds only, and a user may request two mails in one second.
    return mails.sort((a, b) => a.writtenMs - b.writtenMs).map(({ mail }) => mail);
  }

  /** Returns the newest code. @throws Error when there is none */
  async readCode(header: CodeHeader, uid: string): Promise<string> {
    const mails = (await this.list(uid)).filter(({ headers }) => headers.has(header));
    const code = mails.at(-1)?.headers.get(header);
    if (typeof code !== 'string') throw new Error(`no mail with ${header} for ${uid}`);
    return code;
  }

  async #read(path: string) {
    return { mail: await simpleParser(await readFile(path)), writtenMs: (await stat(path)).mtimeMs };
  }
}
