import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The headers of a mail that contain its code (docs/protocol.md, "Mail"). */
export type CodeHeader = 'X-Verify-Code' | 'X-Recovery-Code';

export interface Mailbox {
  /** Waits for the newest unread code of an account. @throws Error when none arrives */
  readCode(header: CodeHeader, account: { email: string; uid: string }): Promise<string>;
}

const WAIT_MS = 15_000;
const POLL_MS = 100;

export function createFileMailbox(directory: string): Mailbox {
  const read = new Set<string>();
  return {
    async readCode(header, { email, uid }) {
      for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; await sleep(POLL_MS)) {
        for (const file of await listNewestFirst(directory)) {
          if (read.has(file)) continue;
          const headers = parseHeaders(await readFile(file, 'utf8').catch(() => ''));
          const isOurs = headers.get('x-uid') === uid || headers.get('to')?.includes(email);
          const code = headers.get(header.toLowerCase());
          if (!isOurs || !code) continue;
          read.add(file);
          return code;
        }
      }
      throw new Error(`no mail with ${header} for ${email} in ${directory} within ${WAIT_MS / 1000} s`);
    },
  };
}

export function createTerminalMailbox(): Mailbox {
  return {
    async readCode(header, { email }) {
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return (await terminal.question(`  ${header} of the mail to ${email}: `)).trim();
      } finally {
        terminal.close();
      }
    },
  };
}

async function listNewestFirst(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.eml'))
      .map(async (name) => {
        const path = join(directory, name);
        // A file may be renamed or removed meanwhile.
        return {
          path,
          time: await stat(path).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0,
          ),
        };
      }),
  );
  return files.sort((a, b) => b.time - a.time).map(({ path }) => path);
}

/** Parses the headers, with lower-case names. Returns none before the blank line is written. */
function parseHeaders(message: string): Map<string, string> {
  const end = /\r?\n\r?\n/.exec(message)?.index ?? 0;
  const unfolded = message.slice(0, end).replace(/\r?\n[ \t]+/g, ' ');
  const fields = unfolded.split(/\r?\n/).map((line) => /^([^:]+):\s*(.*)$/.exec(line));
  return new Map(
    fields.flatMap((field) => (field ? [[field[1]?.toLowerCase() ?? '', field[2]?.trim() ?? '']] : [])),
  );
}
