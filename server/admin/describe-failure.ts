import { ConfigError } from '../../config/load.js';
import { StoreUnavailableError } from '../../storage/errors.js';
import { StorageKeyError } from '../../storage/sealer.js';
import { reasonOf } from '../logs/reason.js';
import { CommandError } from './command-error.js';

export function describeFailure(error: unknown): string {
  if (error instanceof CommandError || error instanceof ConfigError) return error.message;
  if (error instanceof StorageKeyError) return `STORAGE_KEY: ${error.message}`;
  if (error instanceof StoreUnavailableError) return `${error.message}: ${reasonOf(error)}`;
  return `unexpected: ${reasonOf(error)}`;
}
