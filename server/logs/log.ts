import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Settings } from '../../config/schema.js';

const STANDARD_OUTPUT = 1;
/** Lines are written in batches, to save a write for each request. */
const BATCH_BYTES = 8192;
/** Maximum delay of a line, in ms. */
const BATCH_MS = 50;
/** Maximum buffer for a reader that has stopped reading. Further lines are dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * Creates a logger of JSON lines. It flushes when the process ends, except after SIGKILL. A slow descriptor
 * drops lines, and a `linesDropped` line counts them.
 */
export function createLogger(
  level: Settings['logLevel'],
  destination: DestinationStream | number = STANDARD_OUTPUT,
): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  };
  if (typeof destination === 'object') return pino(options, destination);
  const batches = pino.destination({
    dest: destination,
    sync: false,
    minLength: BATCH_BYTES,
    maxLength: MAX_WAITING_BYTES,
  });
  // pino's `periodicFlush` would run 20 times a second and cost an idle server 1 % of a core.
  let isDue = false;
  const log = pino(options, {
    write(line) {
      batches.write(line);
      if (isDue) return;
      isDue = true;
      setTimeout(() => {
        isDue = false;
        batches.flush();
      }, BATCH_MS).unref();
    },
    flush: () => batches.flush(),
  } as DestinationStream);
  let dropped = 0;
  batches.on('drop', () => {
    dropped++;
  });
  batches.on('drain', () => {
    if (dropped === 0) return;
    log.warn({ event: 'linesDropped', lines: dropped });
    dropped = 0;
  });
  return log;
}

/** Serializes an error and its causes, without other fields: database drivers put row values there. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  return { name, message, code, stack, cause: describeError(error.cause) };
}
