import { availableParallelism, loadavg, totalmem } from 'node:os';
import { type Config, stretchMemoryMiB } from '../../../config/load.js';
import { loadNative } from '../../../workers/kernel/load-native.js';
import { resolveStretchEngine } from '../../../workers/stretch-engine.js';
import { alignFields, type Report } from '../report.js';
import type { Terminal } from '../terminal.js';
import { advise, findWarnings, type Machine, recommendThreads, toCores, toMib } from './advice.js';
import { readCgroupLimits } from './cgroup.js';
import { bandwidthGib, measureStretches, shareKept } from './measurement.js';

export async function reportCapacity(config: Config, terminal: Terminal): Promise<Report> {
  const machine = readMachine();
  const stretchEngine = resolveStretchEngine(config.stretchEngine);
  const threads = recommendThreads(machine, { ...config, stretchEngine });
  terminal.progress(`Stretching passwords on ${threads} threads…`);
  const measured = await measureStretches(
    config.stretchEngine,
    threads,
    stretchMemoryMiB({ ...config, stretchThreads: threads }),
    config.stretchNice,
  );
  const advice = advise(measured, config);
  const warnings = findWarnings(machine, config, measured);
  const perSecond = (logins: number) => `${logins.toFixed(1)} per second`;
  const text = [
    alignFields([
      ['cores', toCores(machine.cores)],
      ['memory', `${toMib(machine.memoryBytes)} MiB`],
      ['engine', measured.engine === 'native' ? `native (${loadNative().isa})` : measured.engine],
      ['one password', `${Math.round(measured.singleMs)} ms`],
      [
        'batch',
        measured.group
          ? `${measured.group.size} passwords in ${Math.round(measured.group.ms)} ms`
          : 'no gain with this engine',
      ],
      ['one thread alone', `${perSecond(measured.alone.perSecond)}, in batches`],
      [
        'all threads',
        `${perSecond(measured.together.perSecond)}: each keeps ${Math.round(100 * shareKept(measured))} % of its speed`,
      ],
      ['memory bandwidth', `${bandwidthGib(measured.together).toFixed(1)} GiB/s used, at least`],
      ['logins, one at a time', perSecond(advice.loginsPerSecond)],
      ['logins, in batches', perSecond(advice.groupedLoginsPerSecond)],
    ]),
    '',
    'Recommended for this machine if it runs nothing else:',
    `STRETCH_THREADS=${advice.stretchThreads}  (now ${config.stretchThreads})`,
    `STRETCH_MAX_WAIT=${advice.stretchMaxWait}  (now ${config.stretchMaxWait})`,
    `memory: ${toMib(advice.memoryBytes)} MiB or more`,
    ...warnings.map(({ broken, text }) => `\n${broken ? 'Cannot work' : 'Warning'}: ${text}.`),
  ].join('\n');
  const json = { machine, measured, recommended: advice, warnings };
  return { text, json, broken: warnings.some(({ broken }) => broken) };
}

function readMachine(): Machine {
  const limits = readCgroupLimits();
  return {
    cores: Math.min(availableParallelism(), limits.cores ?? Number.POSITIVE_INFINITY),
    load: loadavg()[0] as number,
    memoryBytes: Math.min(totalmem(), limits.memoryBytes ?? Number.POSITIVE_INFINITY),
  };
}
