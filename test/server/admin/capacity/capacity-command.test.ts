import t from 'tap';
import { advise, findWarnings, recommendThreads } from '../../../../server/admin/capacity/advice.js';
import { readCgroupLimits } from '../../../../server/admin/capacity/cgroup.js';
import { bandwidthGib, shareKept } from '../../../../server/admin/capacity/measurement.js';
import { runAdmin } from '../../../support/admin/run-admin.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const settings = { stretchEngine: 'wasm', stretchThreads: 4, stretchMaxWait: 5, cryptoThreads: 2 } as const;
const machine = { cores: 4, load: 0, memoryBytes: 8 * GIB };
const group = { size: 2, ms: 250 };
const measured = {
  engine: 'wasm',
  threads: 4,
  singleMs: 200,
  group,
  threadBytes: 140 * MIB,
  alone: { perSecond: 8.5, cpuMs: 110 },
  together: { perSecond: 32, cpuMs: 115 },
} as const;

t.test('limits of version 2 apply to all groups below', async (t) => {
  const root = t.testdir({
    proc: { self: { cgroup: '0::/system.slice/key-server.service\n' } },
    sys: {
      fs: {
        cgroup: {
          'system.slice': {
            'cpu.max': '150000 100000\n',
            'memory.max': 'max\n',
            'key-server.service': { 'cpu.max': 'max 100000\n', 'memory.max': '536870912\n' },
          },
        },
      },
    },
  });
  t.same(readCgroupLimits(root), { cores: 1.5, memoryBytes: 512 * MIB });
});

t.test('inside a container only its own group is visible', async (t) => {
  const files = { 'cpu.max': '200000 100000\n', 'memory.max': '1073741824\n' };
  const root = t.testdir({
    proc: { self: { cgroup: '0::/\n' } },
    sys: { fs: { cgroup: files } },
  });
  t.same(readCgroupLimits(root), { cores: 2, memoryBytes: GIB });
  const hidden = t.testdir({
    proc: { self: { cgroup: '0::/somewhere/outside\n' } },
    sys: { fs: { cgroup: files } },
  });
  t.same(readCgroupLimits(hidden), { cores: 2, memoryBytes: GIB });
});

t.test('limits of version 1 are read', async (t) => {
  const root = t.testdir({
    proc: { self: { cgroup: '9:memory:/box\n4:cpu,cpuacct:/box\n1:name=systemd:/box\n0::/\n' } },
    sys: {
      fs: {
        cgroup: {
          cpu: {
            'cpu.cfs_quota_us': '-1\n',
            'cpu.cfs_period_us': '100000\n',
            box: { 'cpu.cfs_quota_us': '50000\n', 'cpu.cfs_period_us': '100000\n' },
          },
          memory: {
            'memory.limit_in_bytes': '9223372036854771712\n',
            box: { 'memory.limit_in_bytes': '268435456\n' },
          },
        },
      },
    },
  });
  t.same(readCgroupLimits(root), { cores: 0.5, memoryBytes: 256 * MIB });
});

t.test('without limits or control groups the result is empty', async (t) => {
  const none = { cores: undefined, memoryBytes: undefined };
  const unlimited = t.testdir({
    proc: { self: { cgroup: '0::/\n9:memory:/\n4:cpu:/\n' } },
    sys: {
      fs: {
        cgroup: {
          'cpu.max': 'max 100000\n',
          'memory.max': 'max\n',
          cpu: { 'cpu.cfs_quota_us': '-1\n', 'cpu.cfs_period_us': '100000\n' },
          memory: { 'memory.limit_in_bytes': '9223372036854771712\n' },
        },
      },
    },
  });
  t.same(readCgroupLimits(unlimited), none);
  t.same(readCgroupLimits(t.testdir({})), none);
});

t.test('the recommended number of threads follows cores and memory', async (t) => {
  t.equal(recommendThreads(machine, settings), 4);
  t.equal(recommendThreads({ ...machine, cores: 1.5 }, settings), 1);
  t.equal(recommendThreads({ ...machine, cores: 0.5 }, settings), 1);
  const little = { ...machine, memoryBytes: 800 * MIB };
  t.equal(recommendThreads(little, settings), 2);
  t.ok(
    recommendThreads(little, { ...settings, stretchEngine: 'openssl' }) > 2,
    'half the memory with OpenSSL',
  );
  t.equal(recommendThreads({ ...machine, memoryBytes: 100 * MIB }, settings), 1);
});

t.test('fewer threads are recommended where threads wait for memory', async (t) => {
  const bound = { ...measured, together: { perSecond: 38, cpuMs: 220 } };
  t.match(advise(bound, settings), { stretchThreads: 2, groupedLoginsPerSecond: 38 });
  t.equal(shareKept(bound), 0.5);
  t.equal(bandwidthGib(bound.together), (38 * 128) / 1024);
});

t.test('logins per second follow from the measurement', async (t) => {
  const advice = advise(measured, settings);
  t.match(advice, { stretchThreads: 4, stretchMaxWait: 5, loginsPerSecond: 20, groupedLoginsPerSecond: 32 });
  const slow = advise({ ...measured, singleMs: 2500, together: { perSecond: 1.6, cpuMs: 115 } }, settings);
  t.match(slow, { stretchMaxWait: 10, loginsPerSecond: 1.6, groupedLoginsPerSecond: 1.6 });
});

t.test('settings that cannot work are distinguished from unwise ones', async (t) => {
  const warn = (changes: object, on = machine, found: object = measured) =>
    findWarnings(on, { ...settings, ...changes }, { ...measured, ...found }).map(({ broken, text }) => [
      broken,
      text.split(/[ =]/)[0],
    ]);
  t.same(warn({}), []);
  t.same(warn({ stretchThreads: 100 }), [
    [true, 'STRETCH_THREADS'],
    [false, 'STRETCH_THREADS'],
  ]);
  t.same(warn({ stretchThreads: 5 }), [[false, 'STRETCH_THREADS']]);
  t.same(warn({}, { ...machine, memoryBytes: 512 * MIB }), [[true, 'STRETCH_THREADS']]);
  t.same(warn({ stretchMaxWait: 0.1 }), [[true, 'STRETCH_MAX_WAIT']]);
  t.same(warn({ stretchMaxWait: 0.3 }), [[false, 'STRETCH_MAX_WAIT']]);
  t.same(warn({ cryptoThreads: 8 }), [[false, 'CRYPTO_THREADS']]);
  t.same(warn({}, machine, { engine: 'openssl' }), [[false, 'STRETCH_ENGINE']]);
  t.same(warn({}, { ...machine, load: 3 }), [[false, 'load']]);
  t.same(warn({ stretchThreads: 1, cryptoThreads: 1 }, { ...machine, cores: 0.5 }), [[false, '0.5']]);
});

// Low-priority threads do not get a core while other tests use all of them.
const STRETCH_NICE = '0';

t.test('the command measures the configured engine', async (t) => {
  const env = { STRETCH_NICE, STRETCH_ENGINE: 'openssl', STRETCH_MAX_WAIT: '0.001' };
  const ran = await runAdmin(env, 'capacity', '--json');
  t.equal(ran.code, 1, 'this STRETCH_MAX_WAIT allows no queue');
  const { machine, measured, recommended, warnings } = ran.json as Record<string, Record<string, number>>;
  t.ok((machine?.cores ?? 0) > 0 && (machine?.memoryBytes ?? 0) > 0);
  t.match(measured, { engine: 'openssl', threads: recommended?.stretchThreads });
  t.ok((measured?.singleMs ?? 0) > 10);
  t.equal(measured?.group, undefined, 'OpenSSL stretches one at a time');
  t.ok((recommended?.loginsPerSecond ?? 0) > 0);
  t.match(warnings, [
    { broken: true, text: /^STRETCH_MAX_WAIT=0\.001 is less than the duration of one stretch/ },
  ]);
});
