import { CommanderError } from 'commander';
import { type CommandOptions, createProgram } from './program.js';
import type { Report } from './report.js';

const NOT_UNDERSTOOD = 2;

async function main(): Promise<void> {
  const program = createProgram(process.env, show);
  for (const command of [program, ...program.commands.flatMap((group) => [group, ...group.commands])]) {
    command.exitOverride();
  }
  try {
    await program.parseAsync();
  } catch (error) {
    // Help was asked for, or commander has said what it did not understand.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : NOT_UNDERSTOOD;
    else await fail(error);
  }
}

function show({ text, json, broken }: Report, options: CommandOptions): void {
  process.stdout.write(`${options.json ? JSON.stringify(json, null, 2) : text}\n`);
  if (broken) process.exitCode = 1;
}

/** What went wrong is for the person on standard error, and with `--json` on standard output for the program. */
async function fail(error: unknown): Promise<void> {
  process.exitCode = 1;
  const { describeFailure } = await import('./describe-failure.js');
  const message = describeFailure(error);
  process.stderr.write(`${message}\n`);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: message })}\n`);
}

await main();
