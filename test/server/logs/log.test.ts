import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { createLogger } from '../../../server/logs/log.js';

const MODULE = new URL('../../../server/logs/log.js', import.meta.url).href;

function runLogging(program: string) {
  const source = `import { createLogger } from ${JSON.stringify(MODULE)}; const log = createLogger('info'); ${program}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

t.test('lines keep their order, and are flushed when the process ends', async (t) => {
  for (const end of ['process.exit(0)', 'throw new Error("stop")', '']) {
    const child = runLogging(`for (let i = 0; i < 500; i++) log.info({ event: 'line', i }); ${end}`);
    child.stdout.setEncoding('utf8');
    const lines = (await text(child.stdout)).trim().split('\n');
    t.same(
      lines.map((line) => JSON.parse(line).i),
      Array.from({ length: 500 }, (_, i) => i),
      end,
    );
  }
});

t.test('a single line does not wait for a full batch', async (t) => {
  const child = runLogging(`log.info({ event: 'line' }); setInterval(() => {}, 1000);`);
  const [chunk] = await once(child.stdout, 'data');
  t.match(JSON.parse(chunk), { event: 'line', level: 'info' });
  child.kill();
});

t.test('a stopped reader loses lines, which are counted, and uses limited memory', async (t) => {
  const fifo = join(t.testdir(), 'log');
  execFileSync('mkfifo', [fifo]);
  // Opened for reading and writing, so that opening does not block; non-blocking, so that writing does not block.
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const log = createLogger('info', fd);
  const written = 20_000;
  for (let i = 0; i < written; i++) log.info({ event: 'line', i, filler: 'x'.repeat(1000) });

  const lines: { event: string; lines?: number }[] = [];
  let rest = '';
  const buffer = Buffer.alloc(65536);
  while (lines.at(-1)?.event !== 'linesDropped') {
    try {
      rest += buffer.toString('utf8', 0, readSync(fd, buffer));
    } catch {
      await sleep(5);
    }
    const complete = rest.split('\n');
    rest = complete.pop() as string;
    for (const line of complete) lines.push(JSON.parse(line));
  }
  const kept = lines.length - 1;
  t.ok(kept >= 7000 && kept < 9000, `${kept} lines of 1 kB were kept`);
  t.equal(lines.at(-1)?.lines, written - kept);
});
