import { readFileSync } from 'node:fs';

export const START_ARGUMENTS: readonly string[] = JSON.parse(readFileSync('package.json', 'utf8'))
  .scripts.start.split(' ')
  .slice(1);
