import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { START_ARGUMENTS } from '../support/api/start-command.js';

const run = promisify(execFile);
/** In tenths of the exposure level (0 to 10). */
const MAX_EXPOSURE = 20;

const unit = await readFile('docs/systemd/key-server.service', 'utf8');

t.test('the unit starts the server like npm start', async (t) => {
  t.match(unit, '\nLimitCORE=0\n', 'a core dump would contain passwords and keys');
  t.match(unit, `\nExecStart=/usr/bin/node ${START_ARGUMENTS.join(' ')}\n`);
});

t.test('systemd accepts the unit and its sandbox', { skip: whySkip() }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'unit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'key-server.service');
  // Two paths that may be missing on this machine.
  await writeFile(file, unit.replace('/usr/bin/node', process.execPath).replace('/opt/key-server', folder));
  const { stderr } = await run('systemd-analyze', ['verify', file]);
  t.equal(stderr, '');
  const exposure = ['security', '--offline=true', `--threshold=${MAX_EXPOSURE}`, file];
  await t.resolves(run('systemd-analyze', exposure), `exposure at most ${MAX_EXPOSURE / 10} of 10`);

  await writeFile(file, unit.replace('/usr/bin/node', '/nowhere/node'));
  await t.rejects(run('systemd-analyze', ['verify', file]), { code: 1 }, 'systemd-analyze detects errors');
});

function whySkip(): string | false {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'systemd-analyze is not installed here';
  }
}
