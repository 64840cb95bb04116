import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { CRASH_TIMEOUT_MS, runCrashRounds } from '../../support/crash/crash-rounds.js';

/** SQLite's writer locks byte 120 of the shared memory of the write-ahead log. */
const WRITE_LOCK_BYTE = 120;

t.setTimeout(CRASH_TIMEOUT_MS);

t.test('SQLite: a server killed at any moment keeps everything that it acknowledged', async (t) => {
  const fileIn = (dataDir: string) => join(dataDir, 'key-server.sqlite');
  await runCrashRounds(t, {
    locate: (dataDir) => ({ engine: 'sqlite', filename: fileIn(dataDir) }),
    settings: () => ({}),
    isInTransaction: (dataDir) => isWriteLocked(`${fileIn(dataDir)}-shm`),
  });
});

/** Reads /proc/locks: opening the file would change what a crash leaves behind. */
async function isWriteLocked(file: string): Promise<boolean | undefined> {
  const locks = await readFile('/proc/locks', 'utf8').catch(() => undefined);
  if (locks === undefined) return undefined;
  const { ino } = await stat(file);
  const ofFile = new RegExp(`POSIX .* WRITE \\d+ \\S+:${ino} ${WRITE_LOCK_BYTE} ${WRITE_LOCK_BYTE}$`, 'm');
  return ofFile.test(locks);
}
