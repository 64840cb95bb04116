import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';

const sources = execFileSync('git', ['ls-files', '*.ts', '*.c', '*.h'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((name) => name !== 'test/docs/citations.test.ts');

const headingsOf = (name: string) =>
  [...readFileSync(name, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading.replaceAll('`', ''),
  );

t.test('every citation in code names a section that exists', async (t) => {
  const headings = new Map<string, string[]>();
  let citations = 0;
  for (const source of sources) {
    // A citation may continue on the next line of its comment.
    const text = readFileSync(source, 'utf8').replace(/\n\s*(?:\*|\/\/) ?/g, ' ');
    for (const [, document = '', section] of text.matchAll(/(?<!\/)\b(docs\/[\w/-]+\.md)(?:, "([^"]+)")?/g)) {
      if (!headings.has(document)) headings.set(document, headingsOf(document));
      citations++;
      if (section) t.ok(headings.get(document)?.includes(section), `${source}: ${document}, "${section}"`);
    }
  }
  t.ok(citations > 80, `${citations} citations`);
});

t.test('no code cites a document that is not in the repository', async (t) => {
  for (const source of sources) {
    const outside = readFileSync(source, 'utf8').match(/(?<![\w/]|\]\()(?:api|protocol)\.md/g) ?? [];
    t.equal(outside.length, 0, source);
  }
});
