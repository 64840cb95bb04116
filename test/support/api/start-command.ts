import { readFileSync } from 'node:fs';

/** Arguments that `npm start` passes to `node`. */
export const START_ARGUMENTS: readonly string[] = JSON.parse(readFileSync('package.json', 'utf8'))
  .scripts.start.split(' ')
  .slice(1);
