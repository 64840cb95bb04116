import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { cpuSeconds, memoryUse } from '../../../bench/measure/process-usage.js';

/** Uses 0.3 CPU seconds in a second thread, reports it, and waits to be killed. */
const WORK_IN_A_THREAD = `
  const { Worker } = require('node:worker_threads');
  const code = 'const end = process.cpuUsage().user + 300000; while (process.cpuUsage().user < end);';
  new Worker(code, { eval: true }).on('exit', () => console.log('done'));
  setInterval(() => {}, 1000);
`;

t.test('CPU time of a process includes threads that have ended', async (t) => {
  const child = spawn(process.execPath, ['-e', WORK_IN_A_THREAD], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  await once(child.stdout, 'data');
  const used = cpuSeconds(child.pid as number);
  t.ok(used >= 0.3 && used < 10, `${used} s`);
});

t.test('memory of a process is read with its peak', async (t) => {
  const { residentMib, peakMib } = memoryUse(process.pid);
  t.ok(residentMib > 10);
  t.ok(peakMib >= residentMib);
});

t.test('a process that is not there is an error', async (t) => {
  t.throws(() => cpuSeconds(2 ** 22 + 1), { code: 'ENOENT' });
});
