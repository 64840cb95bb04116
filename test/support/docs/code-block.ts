import { readFileSync } from 'node:fs';

/** Returns the code block after `<!-- name -->`. */
export function readCodeBlock(document: string, name: string): string {
  const text = readFileSync(document, 'utf8');
  const block = new RegExp(`<!-- ${name.replaceAll('.', '\\.')} -->\\n+\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``).exec(
    text,
  )?.[1];
  if (!block) throw new Error(`${document} has no code block ${name}`);
  return block;
}
