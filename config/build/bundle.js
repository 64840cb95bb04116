/**
 * Bundles server, command line and threads into dist/bundle, which starts in a third of the time of the modules.
 * Identifiers and lines are kept, so that stack traces are readable without source maps, which cost CPU at run time.
 * The maps are beside the files.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const OUT = 'dist/bundle';

/** Packages that read files beside their modules or are native. */
const EXTERNAL = ['piscina', 'sqlite3', 'pg-native'];

rmSync(OUT, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    'server-main': 'server/main.ts',
    'admin-main': 'server/admin/main.ts',
    'stretch-thread': 'workers/thread/stretch-thread.ts',
    'crypto-thread': 'workers/thread/crypto-thread.ts',
  },
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: EXTERNAL,
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
  // CommonJS packages require Node's modules.
  banner: {
    js: "import { createRequire as createBundleRequire } from 'node:module';\nconst require = createBundleRequire(import.meta.url);",
  },
  plugins: [{ name: 'module-addresses', setup: keepModuleAddresses }],
});
for (const program of ['server', 'admin']) writeFileSync(join(OUT, `${program}.js`), writeProgram(program));
writeFileSync(join(OUT, 'LICENSES.txt'), collectLicenses(Object.keys(metafile.inputs)));

/**
 * Resolves files beside a module from dist, and threads in the bundle. All files of the bundle are in one folder, so
 * relative URLs are the same for all.
 */
function keepModuleAddresses({ onLoad }) {
  onLoad({ filter: /\/(server|workers)\/.*\.ts$/ }, ({ path }) => {
    const source = readFileSync(path, 'utf8');
    if (!source.includes('import.meta.url')) return undefined;
    const compiled = `../${relative('.', path).replace(/\.ts$/, '.js')}`;
    const contents = source
      .replace(/new URL\('\.\/thread\/([\w-]+\.js)', import\.meta\.url\)/g, "new URL('./$1', __here)")
      .replaceAll('import.meta.url', `new URL('${compiled}', import.meta.url).href`)
      .replaceAll('__here', 'import.meta.url');
    return { contents, loader: 'ts' };
  });
}

/**
 * Returns the source of a program, which keeps V8's compiled code beside the bundle where that is writable. Node 20
 * has no such cache.
 */
function writeProgram(name) {
  return `import module from 'node:module';
import { join } from 'node:path';
module.enableCompileCache?.(join(import.meta.dirname, '.compiled'));
await import('./${name}-main.js');
`;
}

/** Collects the licences of the packages of bundled files. */
function collectLicenses(files) {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  return [...folders].sort().map(describeLicense).join('\n');
}

function describeLicense(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  return [`${name} ${version} (${license})`, '', ...texts, ''].join('\n');
}
