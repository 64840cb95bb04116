import { execFileSync } from 'node:child_process';
import t from 'tap';
import { resolveStretchEngine } from '../../workers/stretch-engine.js';

t.test('every engine runs if the machine supports it', async (t) => {
  const runtime = { native: true, wasmSimd: true, opensslScrypt: true };
  for (const engine of ['native', 'wasm', 'openssl', 'scrypt-js'] as const) {
    t.equal(resolveStretchEngine(engine, runtime), engine);
  }
});

t.test('wasm replaces native if it was not built', async (t) => {
  t.equal(resolveStretchEngine('native', { native: false, wasmSimd: true, opensslScrypt: true }), 'wasm');
  t.equal(resolveStretchEngine('native', { native: false, wasmSimd: false, opensslScrypt: true }), 'openssl');
});

t.test('openssl replaces wasm if WebAssembly has no SIMD', async (t) => {
  t.equal(resolveStretchEngine('wasm', { native: false, wasmSimd: false, opensslScrypt: true }), 'openssl');
});

t.test('an OpenSSL without scrypt is reported at once with the setting to change', async (t) => {
  const message = /no scrypt: set STRETCH_ENGINE=scrypt-js/;
  t.throws(() => resolveStretchEngine('openssl', { native: false, wasmSimd: true, opensslScrypt: false }), {
    message,
  });
  t.throws(() => resolveStretchEngine('wasm', { native: false, wasmSimd: false, opensslScrypt: false }), {
    message,
  });
  t.equal(resolveStretchEngine('wasm', { native: false, wasmSimd: true, opensslScrypt: false }), 'wasm');
  t.equal(
    resolveStretchEngine('scrypt-js', { native: false, wasmSimd: false, opensslScrypt: false }),
    'scrypt-js',
  );
});

t.test('this machine has an OpenSSL with scrypt', async (t) => {
  t.equal(resolveStretchEngine('openssl'), 'openssl');
});

// Without SSE 4.1, V8 has no SIMD on processors that have SSE 4.1.
t.test(
  'a Node without SIMD stretches with openssl, one password at a time',
  { skip: process.arch !== 'x64' && 'V8 can hide SIMD on x64 only' },
  async (t) => {
    const script = new URL('../support/workers/stretch-without-simd.js', import.meta.url).pathname;
    const output = execFileSync(process.execPath, ['--no-enable-sse4-1', script], { encoding: 'utf8' });
    t.same(JSON.parse(output), { engine: 'openssl', batchSizes: [1, 1, 1], agree: true });
  },
);
