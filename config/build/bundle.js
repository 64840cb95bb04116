/**
 * Bundles server, command line and threads into dist/bundle, which starts in a third of the time. Names are
 * kept for readable stack traces. The rest is minified, because Node 20 parses 2 MB at each start.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';

const OUT = 'dist/bundle';

/** Native packages. */
const EXTERNAL = ['@napi-rs/nice', 'pg-native'];

/**
 * Modules that a package imports for features that the server does not use: koa-body brings multipart bodies, forms
 * and tables of character sets, 1 MB; prom-client brings TLS and OpenTelemetry.
 */
const LEFT_OUT = {
  'co-body': ['qs'],
  'http-assert': ['deep-equal'],
  'koa-body': ['formidable'],
  pino: ['thread-stream'],
  'prom-client': ['@opentelemetry/api', 'https', 'tdigest'],
  'raw-body': ['iconv-lite'],
};

/** Each is bundled by itself: shared chunks would triple the number of files. */
const PROGRAMS = {
  'server-main': 'server/main.ts',
  'admin-main': 'server/admin/main.ts',
  'stretch-thread': 'workers/thread/stretch-thread.ts',
  'wipe-thread': 'workers/thread/wipe-thread.ts',
  'crypto-thread': 'workers/thread/crypto-thread.ts',
  // Piscina starts its threads with the file of this name beside its own.
  worker: 'node_modules/piscina/dist/worker.js',
};

rmSync(OUT, { recursive: true, force: true });
const bundles = await Promise.all(Object.entries(PROGRAMS).map(([name, file]) => bundle({ [name]: file })));
for (const program of ['server', 'admin']) writeFileSync(join(OUT, `${program}.js`), writeProgram(program));
writeFileSync(
  join(OUT, 'LICENSES.txt'),
  collectLicenses(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))),
);

function bundle(entryPoints) {
  return build({
    entryPoints,
    outdir: OUT,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: EXTERNAL,
    // Koa depends on two versions.
    alias: { 'mime-types': './node_modules/mime-types' },
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
    // For CommonJS packages.
    banner: {
      js: [
        "import { createRequire as createBundleRequire } from 'node:module';",
        'const require = createBundleRequire(import.meta.url), __dirname = import.meta.dirname;',
      ].join('\n'),
    },
    plugins: [
      { name: 'module-addresses', setup: keepModuleAddresses },
      { name: 'required-modules', setup: requireModules },
      { name: 'short-media-types', setup: shortenMediaTypes },
      { name: 'trusted-body-options', setup: trustBodyOptions },
      { name: 'unused-modules', setup: leaveOutUnused },
    ],
  });
}

/** Resolves files beside a module from dist, and threads from the bundle's only folder. */
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
 * An import reads every property of `http`: Node 22 and later then load a WebSocket client, 30 ms of CPU. An import of
 * a CommonJS package parses it for its exports.
 */
function requireModules({ onResolve, onLoad }) {
  onResolve({ filter: /^((node:)?http|sqlite3)$/ }, ({ path, namespace }) =>
    namespace === 'required' ? { path, external: true } : { path, namespace: 'required' },
  );
  onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
    contents: `module.exports = require('${path}')`,
  }));
}

/** Keeps only the media types that the server sends. Koa builds a table of all at each start. */
function shortenMediaTypes({ onLoad }) {
  onLoad({ filter: /\/mime-db\/db\.json$/ }, ({ path }) => {
    const types = Object.entries(JSON.parse(readFileSync(path, 'utf8')));
    const kept = types.filter(([type]) => /^(text\/|application\/(json|javascript)$)/.test(type));
    return { contents: JSON.stringify(Object.fromEntries(kept)), loader: 'json' };
  });
}

/** Leaves out koa-body's schema of its options: they are constants here, and complete. */
function trustBodyOptions({ onLoad }) {
  onLoad({ filter: /\/koa-body\/dist\/esm\/types\.js$/ }, ({ path }) => {
    const [methods] = readFileSync(path, 'utf8').split('const HttpMethod = z');
    const schema = '{ parse: (options) => options }';
    return { contents: `${methods}export const KoaBodyMiddlewareOptionsSchema = ${schema};` };
  });
}

/** Replaces each module of {@link LEFT_OUT} with a function that throws. */
function leaveOutUnused({ onResolve, onLoad }) {
  const names = [...new Set(Object.values(LEFT_OUT).flat())];
  onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path, importer }) => {
    const [, folder] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(importer) ?? [];
    return LEFT_OUT[folder]?.includes(path) ? { path, namespace: 'left-out' } : undefined;
  });
  onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
    contents: `module.exports = () => { throw new Error('the bundle lacks ${path}') }`,
  }));
}

/** The program keeps V8's compiled code beside the bundle if that is writable. Node 20 has no such cache. */
function writeProgram(name) {
  return `import module from 'node:module';
import { join } from 'node:path';
module.enableCompileCache?.(join(import.meta.dirname, '.compiled'));
await import('./${name}-main.js');
`;
}

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
