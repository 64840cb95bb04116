import { readFileSync } from 'node:fs';
import { closest, distance } from 'fastest-levenshtein';
import { SETTING_GROUPS } from './schema.js';
import { factsOf } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface UnknownVariable {
  variable: string;
  nearest: string;
}

export interface UnreadableVariable {
  variable: string;
  rule: string;
}

const FACTS = Object.values(SETTING_GROUPS).flatMap((group) => Object.values(group).map(factsOf));
const SECRETS = FACTS.filter(({ isSecret }) => isSecret).map(({ env }) => env);
const KNOWN = [...FACTS.map(({ env }) => env), ...SECRETS.map(fileVariable)];
/** Prefixes that no other program uses. */
const OWN_PREFIX = /^(?:STRETCH_|LIMIT_|STORAGE_KEY)/;
/** One typing error is allowed in this many letters. `PATH` must not match `PORT`. */
const LETTERS_PER_ERROR = 5;

function fileVariable(env: string): string {
  return `${env}_FILE`;
}

/** Reads each setting from its variable, or a secret from the file that `<variable>_FILE` names. */
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
      const rule = `is set together with ${fileVariable(variable)}: unset one of them`;
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
      const rule = `the file cannot be read (${code}): name a file that the server’s user can read`;
      unreadable.push({ variable: fileVariable(variable), rule });
    }
  }
  return { values, unreadable };
}

/** Finds variables that are probably misspelt settings. The server ignores them. */
export function findUnknownVariables(env: Environment): UnknownVariable[] {
  return Object.keys(env)
    .filter((variable) => !KNOWN.includes(variable))
    .flatMap((variable) => {
      const name = variable.toUpperCase();
      const [prefix] = OWN_PREFIX.exec(name) ?? [];
      const candidates = KNOWN.filter((known) =>
        // Skips names of very different length, because comparing is slow.
        prefix ? known.startsWith(prefix) : Math.abs(known.length - name.length) <= mostErrors(known),
      );
      if (candidates.length === 0) return [];
      const nearest = closest(name, candidates);
      return prefix || distance(name, nearest) <= mostErrors(nearest) ? [{ variable, nearest }] : [];
    });
}

function mostErrors({ length }: string): number {
  return Math.floor(length / LETTERS_PER_ERROR);
}
