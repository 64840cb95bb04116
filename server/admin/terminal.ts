import type { Readable, Writable } from 'node:stream';
import { CommandError } from './command-error.js';

/** Where a command reads and writes; a process, for example. */
export interface Streams {
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean };
}

/** The person, or the script, in front of a command. */
export interface Terminal {
  /** Asks before something that cannot be undone. @throws CommandError unless the answer is yes */
  confirm(question: string): Promise<void>;
  /** Says what is being done; only to a person. */
  progress(text: string): void;
}

/**
 * @param yes whether `--yes` was given: nothing is asked then
 */
export function openTerminal(yes: boolean, { stdin, stderr }: Streams): Terminal {
  return {
    async confirm(question) {
      if (yes) return;
      if (!stdin.isTTY) throw new CommandError(`${question} Nothing was done: say --yes to go on.`);
      const { createInterface } = await import('node:readline/promises');
      const prompt = createInterface({ input: stdin, output: stderr });
      const answer = await prompt.question(`${question} Type yes to go on: `);
      prompt.close();
      if (answer.trim().toLowerCase() !== 'yes') throw new CommandError('Nothing was done.');
    },
    progress(text) {
      if (stderr.isTTY) stderr.write(`${text}\n`);
    },
  };
}
