import * as z from 'zod';
import { SETTING_GROUPS } from './schema.js';
import { factsOf, type SettingRule } from './setting.js';

const LINE_WIDTH = 120;

const INTRODUCTION = `# Settings

<!-- Generated from config/ by \`npm run docs:settings\`. -->

All settings come from the environment. The server reads it once, at the start. An invalid setting stops the start with a
message that names the setting and the rule. An empty variable counts as unset.

Secrets can come from files, as Docker and systemd provide them: \`<variable>_FILE\` names the file. Setting both is an
error. A variable that resembles a setting but is none is reported as \`settingUnknown\` in the log.`;

export function renderSettingsDocument(): string {
  const groups = Object.entries(SETTING_GROUPS).map(([title, group]) => {
    const sections = Object.values(group).map(renderSetting);
    return [`## ${title}`, ...sections].join('\n\n');
  });
  return `${[INTRODUCTION, ...groups].join('\n\n')}\n`;
}

function renderSetting(rule: SettingRule): string {
  const { env, doc, isSecret } = factsOf(rule);
  const file = isSecret ? [`From a file: \`${env}_FILE\`.`] : [];
  return [`### \`${env}\``, `Default: ${renderDefault(rule)}.`, ...file, wrap(doc)].join('\n\n');
}

function renderDefault(rule: SettingRule): string {
  const { defaultText } = factsOf(rule);
  if (defaultText) return defaultText;
  return rule instanceof z.ZodPrefault ? `\`${rule.def.defaultValue}\`` : 'unset';
}

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) as string;
    if (line && line.length + 1 + word.length > LINE_WIDTH) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.join('\n');
}
