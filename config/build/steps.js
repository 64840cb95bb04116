/**
 * The steps of `npm run build`. A step runs when its command, an input (file or folder) or the version of a
 * package has changed, or when an output is missing. `after` names the step that runs first.
 */

const SOURCES = ['protocol', 'config', 'storage', 'workers', 'server', 'client', 'bench', 'test'];

export const STEPS = [
  {
    name: 'kernel',
    inputs: ['workers/kernel/assembly', 'workers/kernel/asconfig.json'],
    packages: ['assemblyscript'],
    outputs: ['dist/workers/kernel/scrypt.wasm'],
    command: 'asc --config workers/kernel/asconfig.json --target plain',
  },
  {
    name: 'shared-kernel',
    after: 'kernel',
    inputs: ['config/build/share-memory.js', 'dist/workers/kernel/scrypt.wasm'],
    outputs: ['dist/workers/kernel/scrypt-shared.wasm'],
    command:
      'node config/build/share-memory.js dist/workers/kernel/scrypt.wasm dist/workers/kernel/scrypt-shared.wasm',
  },
  {
    // Optional: without a C compiler it prints a message, and the next build tries again.
    name: 'native',
    inputs: ['workers/kernel/native'],
    packages: ['node-api-headers'],
    outputs: ['dist/workers/kernel/stretch.node'],
    command: 'sh workers/kernel/native/build.sh',
  },
  {
    name: 'typescript',
    inputs: ['tsconfig.json', ...SOURCES],
    packages: ['typescript'],
    outputs: ['dist/server/main.js', 'dist/.tsbuildinfo'],
    // `npm run types` checks, which takes four times as long.
    command: 'tsc --noCheck',
  },
  {
    name: 'pages',
    inputs: ['server/pages/browser'],
    packages: ['typescript'],
    outputs: ['dist/server/pages/browser/page.js'],
    command: 'tsc -p server/pages/browser --noCheck',
  },
  {
    name: 'bundle',
    inputs: ['package-lock.json', 'protocol', 'config', 'storage', 'workers', 'server'],
    packages: ['esbuild'],
    outputs: ['dist/bundle/server.js', 'dist/bundle/admin.js', 'dist/bundle/LICENSES.txt'],
    command: 'node config/build/bundle.js',
  },
];
