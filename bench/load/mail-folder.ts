import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../server/server-process.js';

const POLL_MS = 10;
const DEADLINE_MS = 60_000;

/** Returns mailed codes by uid and removes all mails. @throws Error when a code is missing after a minute */
export async function takeMailedCodes(
  { dataDir }: ServerProcess,
  header: 'X-Verify-Code' | 'X-Recovery-Code',
  uids: string[],
): Promise<Map<string, string>> {
  const folder = join(dataDir, 'mail');
  const missing = new Set(uids);
  const codes = new Map<string, string>();
  for (const deadline = Date.now() + DEADLINE_MS; missing.size > 0; await sleep(POLL_MS)) {
    if (Date.now() > deadline) throw new Error(`${missing.size} mails with ${header} did not come`);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((name) => name.endsWith('.eml'))) {
      const mail = await readFile(join(folder, name), 'utf8');
      const uid = readHeader(mail, 'X-Uid');
      const code = readHeader(mail, header);
      if (uid && code && missing.delete(uid)) codes.set(uid, code);
      await rm(join(folder, name));
    }
  }
  return codes;
}

function readHeader(mail: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(\\S+)`, 'im').exec(mail)?.[1];
}
