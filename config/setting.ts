import * as z from 'zod';

export interface SettingFacts {
  env: string;
  /** One or more sentences of Markdown. */
  doc: string;
  /** Description of a default that depends on the machine or on other settings. */
  defaultText?: string;
  /** Whether the value is a secret, which `<env>_FILE` can provide. */
  isSecret?: boolean;
}

/** The rule of a setting. Its input is the text of the variable, or `undefined` if unset. */
export type SettingRule = z.ZodType<unknown, string | undefined>;

const registry = z.registry<SettingFacts>();

export function setting<Rule extends SettingRule>(
  env: string,
  doc: string,
  rule: Rule,
  more: Pick<SettingFacts, 'defaultText' | 'isSecret'> = {},
): Rule {
  registry.add(rule, { env, doc, ...more });
  return rule;
}

/** @throws TypeError when `setting` did not create the rule */
export function factsOf(rule: z.core.$ZodType): SettingFacts {
  const facts = registry.get(rule);
  if (!facts) throw new TypeError('the rule is not registered as a setting');
  return facts;
}
