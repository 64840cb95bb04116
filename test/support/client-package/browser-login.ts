import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import type * as Client from '../../../client/index.js';
import { KeyServerClient } from '../../../client/key-server-client.js';
import { createNodeEngine } from '../../../client/node-engine.js';
import { SrpClient } from '../../../client/srp-client.js';
import { toHex } from '../../../protocol/hex.js';
import { startServer } from '../api/start-server.js';
import { openBrowser, openTab } from '../pages/browser.js';
import type { Teardown } from '../services/service-process.js';

const email = 'Page@example.org';
const password = 'påsswörd of a page';

/** Sign-up, verification, login with and without the kernel, in a real Chromium. */
export async function loginInBrowser(t: Test, packageFolder: string): Promise<void> {
  const server = await startServer(t);
  const origin = await serveBundle(t, packageFolder);
  const { page, complaints } = await openTab(await openBrowser(t));
  page.setDefaultTimeout(60_000);
  await page.goto(origin);

  const { uid, sessionToken } = await page.evaluate(signUp, { url: server.url, email, password });
  const code = await server.mailbox.readCode('x-verify-code', uid);
  const statuses = page.evaluate(waitForVerification, { url: server.url, sessionToken });
  const client = new KeyServerClient({ url: server.url });
  await client.recoveryEmail.verifyCode(uid, code);
  t.equal((await statuses).at(-1), true);

  const srp = new SrpClient(client, createNodeEngine());
  const { keyFetchToken, unwrapBKey } = await srp.login(email, password);
  const { kA, kB } = await srp.fetchKeys(keyFetchToken, unwrapBKey);
  for (const withKernel of [true, false]) {
    const keys = await page.evaluate(fetchKeys, { url: server.url, email, password, withKernel });
    t.same(keys, { kA: toHex(kA), kB: toHex(kB) }, withKernel ? 'WebAssembly' : 'JavaScript');
  }
  t.same(complaints, []);
}

/** Serves an empty page, the bundle and the kernel on a separate origin. */
async function serveBundle(t: Teardown, packageFolder: string): Promise<string> {
  const files: Record<string, [type: string, content: Buffer | string]> = {
    '/': ['text/html', '<!doctype html><title>A page</title><link rel="icon" href="data:,">'],
    '/browser.js': ['text/javascript', await readFile(join(packageFolder, 'dist/browser.js'))],
    '/scrypt.wasm': ['application/wasm', await readFile(join(packageFolder, 'dist/scrypt.wasm'))],
  };
  const server = createServer(({ url = '' }, response) => {
    const [type, content] = files[url] ?? ['text/plain', ''];
    response.writeHead(url in files ? 200 : 404, { 'content-type': type }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

// The functions below run in the page and cannot use imports.

async function signUp({ url, email, password }: { url: string; email: string; password: string }) {
  const { createBrowserEngine, createKernelScrypt, KeyServerClient, SrpClient }: typeof Client = await import(
    '/browser.js' as string
  );
  const wasm = new Uint8Array(await (await fetch('/scrypt.wasm')).arrayBuffer());
  const engine = createBrowserEngine(await createKernelScrypt(wasm));
  const srp = new SrpClient(new KeyServerClient({ url }), engine);
  const { uid } = await srp.createAccount(email, password);
  const { sessionToken } = await srp.login(email, password, { name: 'A page', type: 'desktop' });
  return { uid, sessionToken };
}

async function waitForVerification({ url, sessionToken }: { url: string; sessionToken: string }) {
  const { KeyServerClient }: typeof Client = await import('/browser.js' as string);
  const statuses: boolean[] = [];
  const { recoveryEmail } = new KeyServerClient({ url });
  for await (const { verified } of recoveryEmail.statusEvents(sessionToken)) statuses.push(verified);
  return statuses;
}

async function fetchKeys(login: { url: string; email: string; password: string; withKernel: boolean }) {
  const {
    createBrowserEngine,
    createKernelScrypt,
    isKernelSupported,
    KeyServerClient,
    SrpClient,
  }: typeof Client = await import('/browser.js' as string);
  const { url, email, password, withKernel } = login;
  if (!isKernelSupported()) throw new Error('this Chromium has no SIMD');
  const wasm = async () => new Uint8Array(await (await fetch('/scrypt.wasm')).arrayBuffer());
  const scrypt = withKernel ? await createKernelScrypt(await wasm()) : undefined;
  const srp = new SrpClient(new KeyServerClient({ url }), createBrowserEngine(scrypt));
  // The case differs from the registered address: the server must send that one across origins.
  const { keyFetchToken, unwrapBKey } = await srp.login(email.toUpperCase(), password);
  const { kA, kB } = await srp.fetchKeys(keyFetchToken, unwrapBKey);
  const toHex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { kA: toHex(kA), kB: toHex(kB) };
}
