import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { SETTING_GROUPS } from '../../config/schema.js';
import { factsOf } from '../../config/setting.js';
import { ERRORS } from '../../server/http/errors.js';
import { endpoints } from '../../server/routes.js';

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'client/README.md'],
  ...(readdirSync('docs', { recursive: true }) as string[]).map((name) => join('docs', name)),
].filter((name) => name.endsWith('.md'));
const texts = documents.map((name) => [name, readFileSync(name, 'utf8')] as const);

const toAnchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

t.test('links between documents have targets', async (t) => {
  for (const [name, text] of texts) {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [path = '', anchor] = target.split('#');
      const file = path ? join(dirname(name), path) : name;
      t.ok(existsSync(file), `${name}: ${target}`);
      if (!anchor) continue;
      const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)];
      const anchors = headings.map(([, heading = '']) => toAnchor(heading));
      t.ok(anchors.includes(anchor), `${name}: ${target}`);
    }
  }
});

t.test('commands in documents are scripts of package.json', async (t) => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const [name, text] of texts) {
    for (const [, script = ''] of text.matchAll(/npm run ([\w:-]+)/g)) {
      t.ok(script in scripts, `${name}: npm run ${script}`);
    }
  }
});

t.test('settings in documents exist', async (t) => {
  const others = [
    'BUILD_IMAGE',
    'RUNTIME_IMAGE',
    'STRETCH_ISA',
    'TAP_TIMEOUT',
    'FUZZ_CASES',
    'FUZZ_SEED',
    'LOGINS_AT_ONCE',
    'CRASH_ROUNDS',
    'CRASH_SEED',
  ];
  const settings = Object.values(SETTING_GROUPS).flatMap((group) => Object.values(group).map(factsOf));
  const known = new Set(others);
  for (const { env, isSecret } of settings) {
    known.add(env);
    if (isSecret) known.add(`${env}_FILE`);
  }
  t.ok(known.size > 20);
  for (const [name, text] of texts) {
    for (const [, variable = ''] of text.matchAll(/(?:^|[\s`])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?==|`)/gm)) {
      t.ok(known.has(variable), `${name}: ${variable}`);
    }
  }
});

t.test('the outage table has every endpoint', async (t) => {
  const text = readFileSync('docs/operators/outages.md', 'utf8');
  for (const { method, path } of endpoints)
    t.ok(text.includes(`| \`${method} ${path}\` `), `${method} ${path}`);
});

t.test('the error table equals the server’s table', async (t) => {
  const [, table = ''] = /<!-- errors -->([\s\S]*)<!-- \/errors -->/.exec(
    readFileSync('docs/clients/errors.md', 'utf8'),
  ) as RegExpExecArray;
  const rows = table.split('\n').map((row) => row.split('|').map((cell) => cell.trim()));
  for (const [status, errno, message] of Object.values(ERRORS)) {
    const row = rows.find(([, cell]) => cell === String(errno));
    if (errno === 999) t.ok(row, '999');
    else t.same(row?.slice(1, 4), [String(errno), String(status), message], String(errno));
  }
});

t.test('LICENSE is the complete MPL 2.0', async (t) => {
  const sha256 = createHash('sha256').update(readFileSync('LICENSE')).digest('hex');
  // As published at https://www.mozilla.org/media/MPL/2.0/index.txt.
  t.equal(sha256, 'fab3dd6bdab226f1c08630b1dd917e11fcb4ec5e1e020e2c16f83a0a13863e85');
});
