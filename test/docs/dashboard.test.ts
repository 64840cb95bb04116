import { readFileSync } from 'node:fs';
import type { SyntaxNodeRef } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import t from 'tap';
import { createAccount, login, makeEmail, toHex } from '../support/api/accounts.js';
import { send } from '../support/api/send.js';
import { startServer } from '../support/api/start-server.js';
import { type Scrape, scrapeUntil } from '../support/metrics/scrape.js';

interface Panel {
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const dashboard = JSON.parse(readFileSync('docs/grafana/key-server.json', 'utf8'));
const panels: Panel[] = dashboard.panels;
const expressions = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));
const variables: string[] = dashboard.templating.list.flatMap(
  ({ query }: { query: string | { query: string } }) => (typeof query === 'string' ? [] : query.query),
);

/** Labels that Prometheus adds, or that belong to a metric's kind. */
const ADDED_LABELS = ['instance', 'job', 'le'];

function readExpression(expr: string): { metrics: Set<string>; labels: Set<string> } {
  const text = expr.replaceAll('$__rate_interval', '1m');
  const found = { metrics: new Set<string>(), labels: new Set<string>() };
  const textOf = ({ from, to }: SyntaxNodeRef) => text.slice(from, to);
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${text}`);
      if (node.name === 'Identifier') found.metrics.add(textOf(node));
      if (node.name === 'LabelName') found.labels.add(textOf(node));
    },
  });
  return found;
}

/** A histogram has three names. */
function findMetric({ types }: Scrape, name: string): string | undefined {
  if (types.has(name)) return name;
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return types.get(base) === 'histogram' ? base : undefined;
}

t.test('the dashboard matches the metrics of the server', async (t) => {
  const env = { RATE_LIMITS: 'on', STRETCH_THREADS: '1' };
  const server = await startServer(t, env);
  const account = await createAccount(server);
  await login(server, account);
  const body = { email: toHex(makeEmail()), password: 'correct horse' };
  await send(server, '/v1/raw_password/account/create', { body });
  await server.services.mailer.waitUntilIdle();
  const scrape = await scrapeUntil(server, ({ has }) => has('nodejs_gc_duration_seconds_count'));
  const drawn = expressions.map(({ title, expr }) => ({ title, ...readExpression(expr) }));

  t.test('every expression uses existing metrics and labels', async (t) => {
    t.ok(drawn.length > 30);
    for (const { title, metrics, labels } of drawn) {
      t.ok(metrics.size > 0, title);
      for (const name of metrics) t.ok(findMetric(scrape, name), `${name} in ${title}`);
      const known = scrape.samples
        .filter(({ name }) => metrics.has(name))
        .map((sample) => Object.keys(sample.labels));
      for (const label of labels)
        t.ok([...ADDED_LABELS, ...known.flat()].includes(label), `${label} in ${title}`);
    }
  });

  t.test('every metric is shown', async (t) => {
    const names = new Set(
      drawn.flatMap(({ metrics }) => [...metrics].map((name) => findMetric(scrape, name))),
    );
    for (const name of scrape.types.keys()) t.ok(names.has(name), name);
  });

  t.test('the list of servers comes from an existing metric', async (t) => {
    t.same(variables, ['label_values(keyserver_build_info, instance)']);
    t.ok(scrape.has('keyserver_build_info', { stretch_engine: server.services.stretcher.engine }));
  });
});

t.test('panels have unique titles and do not overlap', async (t) => {
  t.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
  const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  t.equal(new Set(places).size, places.length);
  t.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24));
});

t.test('invalid PromQL is reported', async (t) => {
  t.throws(() => readExpression('sum(rate(keyserver_stretches_total[1m])'), { message: /no PromQL/ });
});
