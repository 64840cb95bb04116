import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Settings } from '../../config/schema.js';

const STANDARD_OUTPUT = 1;
/** Lines are written together, so that not every request costs a write: when there are so many bytes of them … */
const BATCH_BYTES = 8192;
/** … or after so many ms. */
const BATCH_MS = 50;
/** What waits, in bytes, for a reader that has stopped reading. More is dropped: the server goes on. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * JSON lines; times in ISO 8601. What waits to be written is written when the process ends, unless by SIGKILL.
 * @param destination where to, or a file descriptor, standard output by default; of one that does not keep up,
 *   lines are dropped and counted in a line of their own
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
  // Its own `periodicFlush` writes nothing at all twenty times a second: 1 % of a core of an idle server's.
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
  });
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

/** What an error says of itself and of its causes. Not its other fields: drivers put values of rows there. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { name, message, stack } = error;
  const { code } = error as { code?: unknown };
  return { name, message, code, stack, cause: describeError(error.cause) };
}
