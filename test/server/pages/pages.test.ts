import t from 'tap';
import { LOCALES, messagesIn } from '../../../server/locales/locale.js';
import { startServer } from '../../support/pages/key-server.js';

const PATHS = [
  '/verify_email',
  '/reset_password',
  '/.well-known/browserid/sign_in.html',
  '/.well-known/browserid/provision.html',
  '/',
];

t.test('every page has five languages and declares its language', async (t) => {
  const { url } = await startServer(t);
  for (const path of PATHS) {
    for (const locale of LOCALES) {
      const response = await fetch(url + path, {
        headers: { 'accept-language': `${locale};q=0.9, *;q=0.1` },
      });
      t.equal(response.status, 200, `${path} in ${locale}`);
      t.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
      t.equal(response.headers.get('content-language'), locale);
      t.equal(response.headers.get('vary'), 'Accept-Language');
      const body = await response.text();
      t.ok(body.startsWith(`<!doctype html>\n<html lang="${locale}">`));
      t.notMatch(body, /\{\w+\}|undefined|\[object/);
    }
  }
  t.match(
    await (await fetch(`${url}/verify_email`)).text(),
    messagesIn('en').messages.pages.verify.intro.slice(-30),
  );
});

t.test('a page loads only files of this server', async (t) => {
  const { url } = await startServer(t);
  for (const path of PATHS) {
    const response = await fetch(url + path);
    const policy = response.headers.get('content-security-policy') ?? '';
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'none'"])
      t.ok(policy.split('; ').includes(rule), `${path}: ${rule}`);
    t.notMatch(policy, /unsafe|https?:|\*/);
    t.equal(policy.includes("frame-ancestors 'none'"), !path.endsWith('provision.html'));
    t.equal(response.headers.get('referrer-policy'), 'no-referrer');
    t.equal(response.headers.get('x-content-type-options'), 'nosniff');
    const body = await response.text();
    t.notMatch(body, /<style|\bstyle=|\bon\w+=|<script(?![^>]* src=)|javascript:/i, 'nothing inline');
    const sources = [...body.matchAll(/\b(?:src|href)="([^"]*)"/g)].map(([, source]) => source);
    t.ok(sources.length >= 2 && sources.every((source) => source?.startsWith('/assets/')));
  }
});

t.test('files of pages exist and have their types', async (t) => {
  const { url } = await startServer(t);
  const types = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
  for (const path of PATHS) {
    const body = await (await fetch(url + path)).text();
    for (const [asset = '', extension] of body.matchAll(/\/assets\/[\w-]+\.(\w+)/g)) {
      const response = await fetch(url + asset);
      t.equal(response.status, 200, asset);
      t.ok(response.headers.get('content-type')?.startsWith(types[extension as keyof typeof types]));
      for (const [, imported] of (await response.text()).matchAll(/from '\.(\/[\w-]+\.js)'/g))
        t.equal((await fetch(`${url}/assets${imported}`)).status, 200, `${imported}`);
    }
  }
});

t.test('browsers revalidate pages and files, and do not store the front page', async (t) => {
  const { url } = await startServer(t);
  const tags = new Set();
  for (const path of ['/verify_email', '/assets/style.css', '/assets/verify-email.js']) {
    const response = await fetch(url + path, { headers: { 'accept-language': 'fr' } });
    t.equal(response.headers.get('cache-control'), 'no-cache');
    const etag = response.headers.get('etag') ?? '';
    tags.add(etag);
    // As browsers do: by default fetch adds headers against caching.
    const headers = { 'accept-language': 'fr', 'if-none-match': etag, 'cache-control': 'max-age=0' };
    const again = await fetch(url + path, { headers });
    t.equal(again.status, 304, path);
    t.equal(await again.text(), '');
    t.equal((await fetch(url + path, { headers: { ...headers, 'if-none-match': '"other"' } })).status, 200);
  }
  t.equal(tags.size, 3);
  const french = await fetch(`${url}/verify_email`, { headers: { 'accept-language': 'fr' } });
  const german = await fetch(`${url}/verify_email`, {
    headers: {
      'accept-language': 'de',
      'if-none-match': french.headers.get('etag') ?? '',
      'cache-control': 'max-age=0',
    },
  });
  t.equal(german.status, 200, 'another language is another page');
  const front = await fetch(url);
  t.equal(front.headers.get('cache-control'), 'no-store');
  t.equal(front.headers.get('etag'), null);
});

t.test('a page accepts GET, HEAD and OPTIONS only', async (t) => {
  const { url } = await startServer(t);
  for (const path of PATHS) {
    t.equal((await fetch(url + path, { method: 'HEAD' })).status, 200, path);
    const response = await fetch(url + path, { method: 'POST', body: '{}' });
    t.equal(response.status, 405);
    t.match(response.headers.get('allow'), /GET/);
  }
  t.equal((await fetch(`${url}/assets/none.js`)).status, 404);
  t.equal((await fetch(`${url}/assets/..%2fpages.js`)).status, 404);
});

t.test('behind a proxy with a path prefix, pages find their files and the API', async (t) => {
  const { url } = await startServer(t, { PUBLIC_URL: 'https://example.org/accounts/' });
  const body = await (await fetch(`${url}/verify_email`)).text();
  t.match(body, 'src="/accounts/assets/verify-email.js"');
  t.match(body, '<footer>example.org</footer>');
  t.match(await (await fetch(url)).text(), 'https://example.org/accounts/v1');
});

t.test('the front page shows version and health', async (t) => {
  const { url, services } = await startServer(t);
  const healthy = await (await fetch(url)).text();
  t.match(healthy, services.version.version);
  t.match(healthy, messagesIn('en').messages.pages.front.well);
  services.storage.pingDatabase = async () => {
    throw new Error('away');
  };
  const response = await fetch(url, { headers: { 'accept-language': 'de' } });
  t.equal(response.status, 200);
  t.match(await response.text(), 'Zurzeit nicht verfügbar: Konten.');
});
