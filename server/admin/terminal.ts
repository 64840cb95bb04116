import { type Readable, Writable } from 'node:stream';
import { CommandError } from './command-error.js';

export interface Streams {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean };
}

export interface Terminal {
  /** The system user, for the audit table. */
  actor: string;
  log(line: string): void;
  /** @throws CommandError unless the answer is yes */
  confirm(question: string): Promise<void>;
  /** Asks twice without echo. Without a terminal, reads one line. @throws CommandError without a password */
  askNewPassword(question: string): Promise<string>;
  /** Only on a terminal. */
  progress(text: string): void;
}

/** @param yes confirms every question */
export function openTerminal(actor: string, yes: boolean, { stdin, stderr }: Streams): Terminal {
  return {
    actor,
    log: (line) => void stderr.write(line),
    async confirm(question) {
      if (yes) return;
      if (!stdin.isTTY) throw new CommandError(`${question} Nothing was done: use --yes to confirm.`);
      const { createInterface } = await import('node:readline/promises');
      const prompt = createInterface({ input: stdin, output: stderr });
      const answer = await prompt.question(`${question} Type yes to confirm: `);
      prompt.close();
      if (answer.trim().toLowerCase() !== 'yes') throw new CommandError('Nothing was done.');
    },
    async askNewPassword(question) {
      const { createInterface } = await import('node:readline/promises');
      // readline would echo the input on a terminal, so its output is discarded.
      const output = stdin.isTTY ? { output: new Writable({ write: (_, __, done) => done() }) } : {};
      const prompt = createInterface({ input: stdin, ...output, terminal: stdin.isTTY ?? false });
      const lines = prompt[Symbol.asyncIterator]();
      const readHidden = async (text: string) => {
        if (stdin.isTTY) stderr.write(text);
        const { value, done } = await lines.next();
        if (stdin.isTTY) stderr.write('\n');
        if (done) throw new CommandError('No password was given. Nothing was done.');
        return value;
      };
      try {
        const password = await readHidden(`${question}: `);
        if (stdin.isTTY && password !== (await readHidden('Again: ')))
          throw new CommandError('The two passwords differ. Nothing was done.');
        return password;
      } finally {
        prompt.close();
      }
    },
    progress(text) {
      if (stderr.isTTY) stderr.write(`${text}\n`);
    },
  };
}
