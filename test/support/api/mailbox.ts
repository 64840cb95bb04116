import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';

/** The headers that carry what a mail says (docs/protocol.md, "Mail"). */
export type CodeHeader = 'x-verify-code' | 'x-recovery-code';

/** The .eml files a server wrote. */
export class Mailbox {
  /** @param settle waits until the server has no mail left to send */
  constructor(
    private readonly directory: string,
    private readonly settle: () => Promise<void>,
  ) {}

  /** The mails of an account, the oldest first. */
  async list(uid: string): Promise<ParsedMail[]> {
    return (await this.listAll()).filter((mail) => mail.headers.get('x-uid') === uid);
  }

  /** All mails, the oldest first. */
  async listAll(): Promise<ParsedMail[]> {
    await this.settle();
    const names = await readdir(this.directory).catch(() => []);
    const mails = await Promise.all(names.map((name) => this.#read(join(this.directory, name))));
    // The Date header has seconds, and a user may ask twice in one.
    return mails.sort((a, b) => a.writtenMs - b.writtenMs).map(({ mail }) => mail);
  }

  /**
   * The newest code mailed to an account.
   * @throws Error when there is none
   */
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
