import { type Logger, pino } from 'pino';
import type { Settings } from '../config/schema.js';

/** JSON lines on standard output; times in ISO 8601. */
export function createLogger(level: Settings['logLevel']): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  });
}

/** What an error says of itself and of its causes. Not its other fields: drivers put values of rows there. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  return { name, message, code, stack, cause: describeError(error.cause) };
}
