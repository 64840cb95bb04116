import { CommanderError } from 'commander';
import { ConfigError } from '../../config/load.js';
import { StoreUnavailableError } from '../../storage/errors.js';
import { StorageKeyError } from '../../storage/sealer.js';
import { reasonOf } from '../logs/reason.js';
import { CommandError } from './command-error.js';
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
    else fail(error);
  }
}

function show({ text, json, broken }: Report, options: CommandOptions): void {
  process.stdout.write(`${options.json ? JSON.stringify(json, null, 2) : text}\n`);
  if (broken) process.exitCode = 1;
}

/** What went wrong is for the person on standard error, and with `--json` on standard output for the program. */
function fail(error: unknown): void {
  process.exitCode = 1;
  const message = describe(error);
  process.stderr.write(`${message}\n`);
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error: message })}\n`);
}

function describe(error: unknown): string {
  if (error instanceof CommandError || error instanceof ConfigError) return error.message;
  if (error instanceof StorageKeyError) return `STORAGE_KEY: ${error.message}`;
  if (error instanceof StoreUnavailableError) return `${error.message}: ${reasonOf(error)}`;
  return `unexpected: ${reasonOf(error)}`;
}

await main();
