/**
 * Bundles what runs in production, server, command line and threads, into dist/bundle: it starts in a third of the
 * time of its modules. Names and lines stay readable in stack traces, without source maps at run time, which cost
 * CPU with each error; the maps lie beside the files.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const OUT = 'dist/bundle';

/** Reads files beside its modules, or is native. */
const EXTERNAL = ['piscina', 'sqlite3', 'pg-native'];

rmSync(OUT, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    server: 'server/main.ts',
    admin: 'server/admin/main.ts',
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
writeFileSync(join(OUT, 'LICENSES.txt'), collectLicenses(Object.keys(metafile.inputs)));

/**
 * Files beside a module are found from dist, as if it were not bundled; threads are in the bundle.
 * All files of the bundle are in one folder, so one relative address holds for all.
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

/** The licences of the packages that files belong to. */
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
