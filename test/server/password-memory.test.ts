import { randomBytes } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { makeEmail, toHex } from '../support/api/accounts.js';
import { send } from '../support/api/send.js';
import { ServerProcess } from '../support/api/server-process.js';
import { makeDataDir } from '../support/api/start-server.js';
import { waitUntil } from '../support/wait-until.js';

/** Node's receive buffer cannot be wiped; a body of its size overwrites it. */
const FILLS_RECEIVE_BUFFER = { filler: '.'.repeat(65_000) };

/** A string that the server holds, which shows that the search works. */
const PRESENT = 'passwordsForAccountFromSource';

const toSecret = () => `secret-${randomBytes(10).toString('hex')}`;

/** Counts texts in all readable memory of a process, as bytes and as UTF-16. */
async function countInMemory(pid: number, texts: string[]): Promise<number[]> {
  const counts = texts.map(() => 0);
  const maps = await readFile(`/proc/${pid}/maps`, 'latin1');
  const memory = await open(`/proc/${pid}/mem`, 'r');
  for (const [, from = '', to = ''] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) r.*$/gm)) {
    const [start, length] = [Number(`0x${from}`), Number(`0x${to}`) - Number(`0x${from}`)];
    // [vvar] and the like have addresses and cannot be read.
    const read = await memory.read(Buffer.alloc(length), 0, length, start).catch(() => undefined);
    if (!read) continue;
    const content = read.buffer.subarray(0, read.bytesRead);
    for (const [i, text] of texts.entries()) {
      counts[i] = (counts[i] ?? 0) + countIn(content, Buffer.from(text));
      counts[i] += countIn(content, Buffer.from(text, 'utf16le'));
    }
  }
  await memory.close();
  return counts;
}

function countIn(content: Buffer, needle: Buffer): number {
  let count = 0;
  for (let at = content.indexOf(needle); at >= 0; at = content.indexOf(needle, at + 1)) count++;
  return count;
}

async function takeHeapSnapshot(server: ServerProcess, directory: string): Promise<string> {
  server.kill('SIGUSR2');
  let file = '';
  await waitUntil(async () => {
    const [name] = (await readdir(directory)).filter((entry) => entry.endsWith('.heapsnapshot'));
    if (name) file = join(directory, name);
    return file !== '' && (await readEnd(file)).trimEnd().endsWith('}');
  });
  return readFile(file, 'latin1');
}

/** Returns the last bytes: a snapshot has dozens of megabytes. */
async function readEnd(file: string): Promise<string> {
  const snapshot = await open(file);
  const { size } = await snapshot.stat();
  const { buffer, bytesRead } = await snapshot.read(Buffer.alloc(8), 0, 8, Math.max(0, size - 8));
  await snapshot.close();
  return buffer.toString('latin1', 0, bytesRead);
}

const isLinux = process.platform === 'linux';

t.test('after requests the server’s memory contains no password', { skip: !isLinux }, async (t) => {
  const directory = await makeDataDir(t);
  const snapshots = await makeDataDir(t);
  const server = await new ServerProcess(t, {
    DATA_DIR: directory,
    // The search reads all memory, and one login at a time uses one slot.
    STRETCH_MEMORY: '64',
    NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${snapshots}`,
  }).listening();
  const post = (path: string, body: unknown) => send(server, `/v1/raw_password/${path}`, { body });
  const passwords = {
    first: toSecret(),
    second: toSecret(),
    wrong: toSecret(),
    unclosedObject: toSecret(),
    unclosedString: toSecret(),
    unknownEscape: toSecret(),
    unknownAddress: toSecret(),
    wrongType: toSecret(),
    wrongPath: toSecret(),
    invalidEmail: toSecret(),
  };
  const { first, second } = passwords;
  const email = toHex(makeEmail());
  t.equal((await post('account/create', { email, password: first })).status, 200);
  t.equal((await post('session/create', { email, password: first })).status, 200);
  t.equal((await post('session/create', { email, password: passwords.wrong })).body.errno, 103);
  t.equal((await post('password/change', { email, oldPassword: first, newPassword: second })).status, 200);
  for (const damaged of [
    `{"email":"${email}","password":"${passwords.unclosedObject}"`,
    `{"email":"${email}","password":"${passwords.unclosedString}`,
    `{"email":"${email}","password":"${passwords.unknownEscape}\\x"}`,
  ]) {
    t.equal((await post('session/create', damaged)).body.errno, 106);
  }
  const stranger = { email: toHex(makeEmail()), password: passwords.unknownAddress };
  t.equal((await post('session/create', stranger)).body.errno, 102);
  const asText = {
    body: { email, password: passwords.wrongType },
    headers: { 'Content-Type': 'text/plain' },
  };
  t.equal((await send(server, '/v1/raw_password/session/create', asText)).body.errno, 106);
  t.equal((await post('session/create/', { email, password: passwords.wrongPath })).status, 404);
  const invalid = { email: 'no address', password: passwords.invalidEmail };
  t.equal((await post('session/create', invalid)).body.errno, 107);
  const [last = 2] = await countInMemory(server.pid, [passwords.invalidEmail]);
  t.ok(last <= 1, 'only the receive buffer may contain the last password');
  await send(server, '/v1/get_random_bytes', { body: FILLS_RECEIVE_BUFFER });

  const secrets = Object.values(passwords);
  const [known = 0, ...counts] = await countInMemory(server.pid, [PRESENT, ...secrets]);
  t.ok(known > 0, 'the search finds an existing string');
  for (const [i, name] of Object.keys(passwords).entries()) t.equal(counts[i], 0, name);
  const snapshot = await takeHeapSnapshot(server, snapshots);
  t.match(snapshot, PRESENT, 'the snapshot contains strings of the heap');
  for (const secret of secrets) t.notOk(snapshot.includes(secret));
});
