import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import t from 'tap';
import { startServer } from '../../support/api/start-server.js';
import { loginInBrowser } from '../../support/client-package/browser-login.js';
import { installClient, run } from '../../support/client-package/installed-client.js';

const { project, folder, files } = await installClient(t);
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

t.test('the package contains only the declared files', async (t) => {
  for (const file of ['package.json', 'README.md', 'dist/LICENSE', 'dist/browser.js', 'dist/scrypt.wasm']) {
    t.ok(files.includes(file), file);
  }
  const rest = files.filter((file) => !/^dist\/(client|protocol)\/[\w/-]+(\.js|\.d\.ts)$/.test(file));
  t.same(rest.sort(), ['README.md', 'dist/LICENSE', 'dist/browser.js', 'dist/scrypt.wasm', 'package.json']);
  const { exports, bin } = readJson(join(folder, 'package.json'));
  for (const target of [...Object.values(exports), ...Object.values(bin)].flatMap((entry) =>
    typeof entry === 'string' ? entry : Object.values(entry as object),
  )) {
    t.ok(files.includes(target.replace('./', '')), target);
  }
});

t.test('the package needs only its declared dependencies, in the repository’s versions', async (t) => {
  const imported = new Set<string>();
  for (const file of files.filter((name) => /^dist\/(client|protocol)\/.*\.js$/.test(name))) {
    const code = await readFile(join(folder, file), 'utf8');
    for (const [, name] of code.matchAll(/^(?:import|export) .*?from '([^.'][^']*)'/gm)) {
      if (name && !name.startsWith('node:')) imported.add(name.split('/').slice(0, 2).join('/'));
    }
  }
  const { dependencies, version, license } = readJson('client/package.json');
  const root = readJson('package.json');
  t.same([...imported], Object.keys(dependencies));
  for (const name of imported) t.equal(dependencies[name], root.dependencies[name]);
  t.same([version, license], [root.version, root.license]);
});

t.test('the types compile without Node’s types, and without the browser’s', async (t) => {
  const consumer = `
    import { ApiError, createBrowserEngine, createKernelScrypt, KeyServerClient, SrpClient } from 'fxa-key-server-client';
    import { createNodeEngine } from 'fxa-key-server-client/node-engine';
    import * as bundled from 'fxa-key-server-client/browser';
    const client = new KeyServerClient({ url: 'https://accounts.example.org' });
    const srp = new bundled.SrpClient(client, createNodeEngine());
    export const login: Promise<{ keyFetchToken: string }> = srp.login('me@example.com', 'secret');
    export const other = new SrpClient(client, createBrowserEngine(await createKernelScrypt(new Uint8Array(1))));
    export const isWrong = (error: unknown): boolean => error instanceof ApiError && error.errno === 103;
    // @ts-expect-error an address is text
    srp.login(1, 'secret');
  `;
  await writeFile(join(project, 'consumer.mts'), consumer);
  const typeRoots = [resolve('node_modules/@types')];
  for (const platform of [
    { lib: ['es2023', 'dom', 'dom.iterable'], types: [] },
    { lib: ['es2023'], types: ['node'], typeRoots },
  ]) {
    const compilerOptions = { ...platform, strict: true, noEmit: true, target: 'es2022', module: 'nodenext' };
    const settings = { compilerOptions, files: ['consumer.mts'] };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(settings));
    const compiled = run(resolve('node_modules/.bin/tsc'), [], project);
    await t.resolves(
      compiled.catch(({ stdout }) => Promise.reject(new Error(stdout))),
      platform.lib.join(),
    );
  }
});

t.test('npx runs all flows with both login methods', async (t) => {
  const { url, dataDir } = await startServer(t);
  const mails = join(dataDir, 'mail');
  const { stdout } = await run(
    'npx',
    ['--offline', 'fxa-key-server-client', url, '--mail-dir', mails],
    project,
  );
  t.match(stdout, /All steps succeeded\.\n$/);
  for (const flow of FLOWS) t.equal(stdout.split(`\n${flow}`).length, 3, `${flow}, with each login method`);
  t.ok((stdout.match(/^ {2}ok {6}/gm) ?? []).length > 50);
  const noServer = run('npx', ['--offline', 'fxa-key-server-client'], project);
  await t.rejects(noServer, { code: 1, stderr: /usage: fxa-key-server-client URL/ });
});

const FLOWS = ['Create account', 'Attach a new device', 'Change password', 'Forgot password'];

t.test('a page of another origin signs up, logs in over SRP and gets the same keys as Node', async (t) => {
  await loginInBrowser(t, folder);
});
