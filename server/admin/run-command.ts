import { CommanderError } from 'commander';
import type { Environment } from '../../config/environment.js';
import { type CommandOptions, createProgram } from './program.js';
import type { Report } from './report.js';
import type { Streams } from './terminal.js';

const USAGE_ERROR = 2;

/** Runs one command. @returns the exit code: 0 success, 1 refused or broken, 2 usage error */
export async function runCommand(args: string[], env: Environment, streams: Streams): Promise<number> {
  const { stdout, stderr } = streams;
  let code = 0;
  const show = ({ text, json, broken }: Report, options: CommandOptions) => {
    stdout.write(`${options.json ? JSON.stringify(json, null, 2) : text}\n`);
    if (broken) code = 1;
  };
  const program = createProgram(env, show, streams);
  for (const command of [program, ...program.commands.flatMap((group) => [group, ...group.commands])]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has already printed the help or the usage error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_ERROR;
    const { describeFailure } = await import('./describe-failure.js');
    const message = describeFailure(error);
    stderr.write(`${message}\n`);
    if (args.includes('--json')) stdout.write(`${JSON.stringify({ error: message })}\n`);
    return 1;
  }
}
