import { readFileSync } from 'node:fs';
import t from 'tap';
import { startServer } from '../../support/api/start-server.js';
import { scrape } from '../../support/metrics/scrape.js';

t.test('the documented metrics exist', async (t) => {
  const { types } = await scrape(await startServer(t));
  const named = readFileSync('docs/operators/metrics.md', 'utf8').match(/keyserver_\w+/g) ?? [];
  t.ok(named.length > 5);
  for (const name of named) t.ok(types.has(name), name);
});
