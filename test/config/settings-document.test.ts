import { readFileSync } from 'node:fs';
import t from 'tap';
import { renderSettingsDocument } from '../../config/settings-document.js';

t.test('docs/settings.md is current (npm run docs:settings)', async (t) => {
  t.equal(readFileSync('docs/settings.md', 'utf8'), renderSettingsDocument(), 'run `npm run docs:settings`');
});

t.test('no line of docs/settings.md is longer than 160 characters', async (t) => {
  const lines = readFileSync('docs/settings.md', 'utf8').split('\n');
  t.same(
    lines.filter((line) => line.length > 160),
    [],
  );
});
