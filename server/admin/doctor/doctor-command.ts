import { type Environment, findUnknownVariables } from '../../../config/environment.js';
import { type Config, ConfigError, loadConfig } from '../../../config/load.js';
import { reasonOf } from '../../logs/reason.js';
import type { Report } from '../report.js';
import type { Terminal } from '../terminal.js';
import { checkDataDir } from './data-dir-check.js';
import { checkDatabase } from './database-check.js';
import { broken, type Finding, warning } from './finding.js';
import { checkMail } from './mail-check.js';
import { checkSettings } from './settings-check.js';
import { checkTokens } from './tokens-check.js';

const CHECKS: [name: string, check: (config: Config) => Finding[] | Promise<Finding[]>][] = [
  ['settings', checkSettings],
  ['DATA_DIR', checkDataDir],
  ['database', checkDatabase],
  ['tokens', checkTokens],
  ['mail', checkMail],
];

/** Checks everything a server needs, and changes nothing. The report is broken when a server would not work. */
export async function examine(env: Environment, terminal: Terminal): Promise<Report> {
  const findings: Finding[] = [];
  const config = readSettings(env, findings);
  findings.push(...reportUnknownVariables(env));
  if (config) {
    for (const [name, check] of CHECKS) {
      terminal.progress(`Checking ${name}…`);
      findings.push(...(await runCheck(name, check, config)));
    }
  }
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, state, says, advice }) => [
    `${state.padEnd(7)}  ${check.padEnd(width)}  ${says}`,
    ...(advice ? [`${' '.repeat(width + 11)}→ ${advice}`] : []),
  ]);
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const [brokenCount, warnings] = [count('broken'), count('warning')];
  const summary = brokenCount
    ? `${brokenCount} broken: a server would not work.`
    : `Nothing is broken${warnings ? `; warnings: ${warnings}` : ''}.`;
  return {
    text: [...lines, '', summary].join('\n'),
    json: { broken: brokenCount, warnings, findings },
    broken: brokenCount > 0,
  };
}

function readSettings(env: Environment, findings: Finding[]): Config | undefined {
  try {
    return loadConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const line of error.message.split('\n')) {
      const [name = '', rule = ''] = line.split(/: (.*)/s);
      findings.push(broken(name, `is invalid: ${rule}`, 'correct or unset it; see docs/settings.md'));
    }
    return undefined;
  }
}

function reportUnknownVariables(env: Environment): Finding[] {
  return findUnknownVariables(env).map(({ variable, nearest }) =>
    warning(variable, 'is not a setting, and is ignored', `did you mean ${nearest}?`),
  );
}

/** A check that throws is a finding, and the others still run. */
async function runCheck(
  name: string,
  check: (config: Config) => Finding[] | Promise<Finding[]>,
  config: Config,
): Promise<Finding[]> {
  try {
    return await check(config);
  } catch (error) {
    return [broken(name, `could not be checked (${reasonOf(error)})`, 'check the permissions of this user')];
  }
}
