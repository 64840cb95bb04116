import { SETTINGS } from './schema.js';

interface Documented {
  doc: string;
  env: string;
  default: unknown;
}

/** Every setting as a row of a Markdown table: variable, default, what it does. */
export function renderSettingsTable(): string {
  const rows = collect(SETTINGS).map(({ env, default: value, doc }) => {
    return `| \`${env}\` | ${renderDefault(env, value)} | ${doc.replaceAll('|', '\\|')} |`;
  });
  return ['| variable | default | what it does |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Those whose default is read off the machine or other settings, in words. */
const MEASURED: Readonly<Record<string, string>> = {
  STRETCH_THREADS: 'cores',
  STRETCH_MEMORY: 'unset',
  QUICK_THREADS: 'half the cores',
};

function renderDefault(env: string, value: unknown): string {
  if (MEASURED[env]) return MEASURED[env];
  if (typeof value === 'boolean') return value ? '`on`' : '`off`';
  return value === '' ? 'unset' : `\`${value}\``;
}

function collect(schema: object): Documented[] {
  return Object.values(schema).flatMap((entry: Documented | object) =>
    'doc' in entry ? [entry as Documented] : collect(entry),
  );
}
