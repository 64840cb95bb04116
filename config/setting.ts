import * as z from 'zod';

/** What the documentation and the reader of the environment know of a setting. */
export interface SettingFacts {
  /** Its environment variable. */
  env: string;
  /** One or more sentences of Markdown. */
  doc: string;
  /** The default in words, where it depends on the machine or on other settings. */
  defaultText?: string;
  /** Whether `<env>_FILE` may name a file that holds the value. */
  isSecret?: boolean;
}

/** A setting: reads the text of a variable, or `undefined` where it is not set. */
export type SettingRule = z.ZodType<unknown, string | undefined>;

const registry = z.registry<SettingFacts>();

/** Adds its variable and its documentation to the rule of a setting. */
export function setting<Rule extends SettingRule>(
  env: string,
  doc: string,
  rule: Rule,
  more: Pick<SettingFacts, 'defaultText' | 'isSecret'> = {},
): Rule {
  registry.add(rule, { env, doc, ...more });
  return rule;
}

/**
 * The facts of a rule that `setting` made.
 * @throws TypeError for any other rule
 */
export function factsOf(rule: z.core.$ZodType): SettingFacts {
  const facts = registry.get(rule);
  if (!facts) throw new TypeError('a rule without a setting');
  return facts;
}
