import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

/** Packages that are no longer developed, and the only file that may import each (SECURITY.md). */
const CONTAINED = {
  hawk: 'server/authentication/hawk-signature.ts',
  jsbn: 'workers/thread/engines/portable.ts',
  'scrypt-js': 'workers/thread/engines/portable.ts',
  sqlite3: 'storage/sql/sqlite-handle.ts',
};

t.test('only one file imports each frozen package, as SECURITY.md says', async (t) => {
  const security = await readFile('SECURITY.md', 'utf8');
  const files = [];
  for (const folder of ['server', 'storage', 'workers', 'protocol', 'config', 'client']) {
    const names = await readdir(folder, { recursive: true });
    files.push(
      ...names
        .map((name) => join(folder, name))
        .filter((name) => /^(?!.*(node_modules|dist)).*\.ts$/.test(name)),
    );
  }
  const sources = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const));
  for (const [name, file] of Object.entries(CONTAINED)) {
    const importers = sources.filter(([, source]) => new RegExp(`(from|import\\() ?'${name}'`).test(source));
    t.same(
      importers.map(([importer]) => importer),
      [file],
      name,
    );
    t.match(security, `| \`${name}\``);
    t.match(security, `\`${file}\``);
  }
});

t.test('the bill of materials lists all runtime packages of a release', async (t) => {
  await promisify(execFile)('npm', ['run', 'sbom', '--silent']);
  const { bomFormat, metadata, components } = JSON.parse(await readFile('release/sbom.cdx.json', 'utf8'));
  t.equal(bomFormat, 'CycloneDX');
  t.equal(metadata.component.name, 'fxa-key-server');
  const listed = components.map(({ name }: { name: string }) => name);
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  t.same(
    Object.keys(dependencies).filter((name) => !listed.includes(name)),
    [],
  );
});
