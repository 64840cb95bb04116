import { Counter, Histogram, type Registry } from 'prom-client';
import type { StatementTiming } from '../../storage/sql/guarded-dialect.js';

/** First words of statements, and `connect` for a failed connection; everything else is `other`. */
const OPERATIONS = ['connect', 'select', 'insert', 'update', 'delete', 'begin', 'commit', 'rollback'];
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createStoreMetrics(registry: Registry) {
  const registers = [registry];
  const labelNames = ['store', 'operation'];
  const durations = new Histogram({
    name: 'keyserver_store_operation_duration_seconds',
    help: 'Duration of SQL statements by their first word, without the wait for a connection, and of Redis round trips',
    labelNames,
    buckets: BUCKETS,
    registers,
  });
  const errors = new Counter({
    name: 'keyserver_store_errors_total',
    help: 'SQL statements and Redis round trips that failed or timed out',
    labelNames,
    registers,
  });
  for (const operation of OPERATIONS) errors.inc({ store: 'database', operation }, 0);
  errors.inc({ store: 'tokens', operation: 'command' }, 0);
  const observe = (store: string, operation: string, ms: number, failed: boolean) => {
    durations.observe({ store, operation }, ms / 1000);
    if (failed) errors.inc({ store, operation });
  };
  return {
    observeStatement({ sql, ms, failed }: StatementTiming): void {
      const word = /^\w+/.exec(sql)?.[0].toLowerCase() ?? '';
      observe('database', OPERATIONS.includes(word) ? word : 'other', ms, failed);
    },
    observeCommand({ ms, failed }: { ms: number; failed: boolean }): void {
      observe('tokens', 'command', ms, failed);
    },
  };
}
