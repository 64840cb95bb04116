import { readFileSync } from 'node:fs';
import { closest, distance } from 'fastest-levenshtein';
import { SETTING_GROUPS } from './schema.js';
import { factsOf } from './setting.js';

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is no setting, and the setting it resembles. */
export interface UnknownVariable {
  variable: string;
  nearest: string;
}

/** Why the value of a variable could not be read. */
export interface UnreadableVariable {
  variable: string;
  rule: string;
}

const FACTS = Object.values(SETTING_GROUPS).flatMap((group) => Object.values(group).map(factsOf));
const SECRETS = FACTS.filter(({ isSecret }) => isSecret).map(({ env }) => env);
const KNOWN = [...FACTS.map(({ env }) => env), ...SECRETS.map(fileVariable)];
/** Prefixes that no other program uses: what begins with one of them is meant for this server. */
const OWN_PREFIX = /^(?:STRETCH_|LIMIT_|STORAGE_KEY)/;
/** One wrong letter in so many: `PATH` is no misspelt `PORT`. */
const LETTERS_PER_ERROR = 5;

/** The variable that names the file of a secret, as Docker and systemd give secrets to a process. */
function fileVariable(env: string): string {
  return `${env}_FILE`;
}

/**
 * The values of all settings: of their variables, and for secrets of the files that `<variable>_FILE` names.
 * @returns the values by variable; an empty variable counts as unset
 */
export function readValues(env: Environment): {
  values: Environment;
  unreadable: UnreadableVariable[];
} {
  const values: Record<string, string | undefined> = {};
  const unreadable: UnreadableVariable[] = [];
  for (const { env: variable } of FACTS) values[variable] = env[variable] || undefined;
  for (const variable of SECRETS) {
    const file = env[fileVariable(variable)];
    if (!file) continue;
    if (values[variable] !== undefined) {
      const rule = `is set, and so is ${fileVariable(variable)}: unset one of them`;
      unreadable.push({ variable, rule });
      continue;
    }
    try {
      values[variable] = readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
      if (values[variable] !== undefined) continue;
      unreadable.push({ variable: fileVariable(variable), rule: 'names an empty file' });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The path is not shown: it may be the secret itself.
      const rule = `the file cannot be read (${code}): name one that the server’s user may read`;
      unreadable.push({ variable: fileVariable(variable), rule });
    }
  }
  return { values, unreadable };
}

/** Variables that look like settings and are none: the server ignores them, probably by mistake. */
export function findUnknownVariables(env: Environment): UnknownVariable[] {
  return Object.keys(env)
    .filter((variable) => !KNOWN.includes(variable))
    .flatMap((variable) => {
      const name = variable.toUpperCase();
      const [prefix] = OWN_PREFIX.exec(name) ?? [];
      const nearest = closest(name, prefix ? KNOWN.filter((known) => known.startsWith(prefix)) : KNOWN);
      const mostErrors = Math.floor(nearest.length / LETTERS_PER_ERROR);
      return prefix || distance(name, nearest) <= mostErrors ? [{ variable, nearest }] : [];
    });
}
