/** Records the flows of a real run in docs/clients/flows.md: `npm run docs:flows`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { putRecordings, recordFlows } from './flows.js';

const file = 'docs/clients/flows.md';
const ends: (() => unknown)[] = [];
try {
  const recordings = await recordFlows({ teardown: (end) => void ends.unshift(end) });
  writeFileSync(file, putRecordings(readFileSync(file, 'utf8'), recordings));
} finally {
  for (const end of ends) await end();
}
