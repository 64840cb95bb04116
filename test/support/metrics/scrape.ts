import { withTimeout } from '../../../protocol/with-timeout.js';
import type { KeyServer } from '../../../server/key-server.js';
import type { TestClock } from '../api/start-server.js';

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Scrape {
  type: string;
  types: Map<string, string>;
  samples: Sample[];
  /** Returns the sum of the samples with some labels. @throws Error when there are none */
  read(name: string, labels?: Record<string, string | number>): number;
  has(name: string, labels?: Record<string, string | number>): boolean;
}

type Scraped = Pick<KeyServer, 'metricsUrl'> & { clock?: TestClock };

/** Reads metrics like Prometheus (text format 0.0.4), one second after the last rendering. */
export async function scrape({ metricsUrl, clock }: Scraped): Promise<Scrape> {
  clock?.advance(1);
  const response = await fetch(`${metricsUrl}/metrics`);
  const text = await response.text();
  if (!response.ok) throw new Error(`the scrape failed: ${response.status} ${text}`);
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name as string, type as string]),
  );
  const samples = text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map(readSample);
  const find = (name: string, labels: Record<string, string | number>) =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === String(value)),
    );
  return {
    type: response.headers.get('content-type') ?? '',
    types,
    samples,
    has: (name, labels = {}) => find(name, labels).length > 0,
    read(name, labels = {}) {
      const found = find(name, labels);
      if (found.length === 0) throw new Error(`no ${name} with ${JSON.stringify(labels)} in\n${text}`);
      return found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

/** A client may receive a reply before the server counts it. */
export async function scrapeUntil(server: Scraped, condition: (scrape: Scrape) => boolean): Promise<Scrape> {
  let given = false;
  const look = async () => {
    for (;;) {
      const seen = await scrape(server);
      if (given || condition(seen)) return seen;
    }
  };
  try {
    return await withTimeout(10_000, look());
  } finally {
    given = true;
  }
}

function readSample(line: string): Sample {
  const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (!name || !value) throw new Error(`no sample: ${line}`);
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
  return { name, labels: Object.fromEntries(pairs), value: Number(value === 'Nan' ? 'NaN' : value) };
}
