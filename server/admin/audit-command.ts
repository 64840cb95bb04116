import type { Config } from '../../config/load.js';
import { type PageOptions, readLimit, splitPage } from './page.js';
import { alignColumns, type Report, toIso } from './report.js';
import { withStores } from './stores.js';

export function listActs(config: Config, options: PageOptions): Promise<Report> {
  const limit = readLimit(options);
  return withStores(config, async ({ audit }) => {
    const page = splitPage(await audit.list({ before: options.after, limit: limit + 1 }), limit);
    const acts = page.rows.map(({ id, at, actor, event, uid, key }) => {
      return { id, at: toIso(at) as string, actor, event, uid, key };
    });
    const next = page.hasMore ? (acts.at(-1)?.id as string) : null;
    const rows = acts.map(({ at, actor, event, uid, key }) => [at, actor, event, uid ?? key ?? '-']);
    const table = rows.length ? alignColumns(['when', 'who', 'what', 'about'], rows) : 'There are no events.';
    return { text: next ? `${table}\n\nMore: --after ${next}` : table, json: { acts, next } };
  });
}
