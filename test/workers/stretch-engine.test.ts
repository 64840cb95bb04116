import { execFileSync } from 'node:child_process';
import t from 'tap';
import { resolveStretchEngine } from '../../workers/stretch-engine.js';

t.test('every engine runs as asked where the machine can run it', async (t) => {
  const runtime = { simd: true, opensslScrypt: true };
  for (const engine of ['simd', 'openssl', 'scrypt-js'] as const) {
    t.equal(resolveStretchEngine(engine, runtime), engine);
  }
});

t.test('simd becomes openssl where WebAssembly has no SIMD', async (t) => {
  t.equal(resolveStretchEngine('simd', { simd: false, opensslScrypt: true }), 'openssl');
});

t.test('an OpenSSL without scrypt is told at once, with what to set', async (t) => {
  const message = /no scrypt: set STRETCH_ENGINE=scrypt-js/;
  t.throws(() => resolveStretchEngine('openssl', { simd: true, opensslScrypt: false }), { message });
  t.throws(() => resolveStretchEngine('simd', { simd: false, opensslScrypt: false }), { message });
  t.equal(resolveStretchEngine('simd', { simd: true, opensslScrypt: false }), 'simd');
  t.equal(resolveStretchEngine('scrypt-js', { simd: false, opensslScrypt: false }), 'scrypt-js');
});

t.test('this machine has an OpenSSL with scrypt', async (t) => {
  t.equal(resolveStretchEngine('openssl'), 'openssl');
});

// V8 takes its SIMD away with SSE 4.1, on the processors that have that.
t.test(
  'a Node without SIMD stretches with openssl, one password at a time',
  { skip: process.arch !== 'x64' && 'V8 can hide SIMD on x64 only' },
  async (t) => {
    const script = new URL('../support/workers/stretch-without-simd.js', import.meta.url).pathname;
    const output = execFileSync(process.execPath, ['--no-enable-sse4-1', script], { encoding: 'utf8' });
    t.same(JSON.parse(output), { engine: 'openssl', batchSizes: [1, 1, 1], agree: true });
  },
);
