import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { withTimeout } from '../../protocol/with-timeout.js';
import type { MailEvent } from '../mail/mailer.js';

const COUNT_TIMEOUT_MS = 1000;
const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createMailMetrics(registry: Registry) {
  const registers = [registry];
  const attempts = new Counter({
    name: 'keyserver_mail_attempts_total',
    help: 'Attempts to send a mail. sent, expired and refused remove the mail; deferred and unreachable postpone it',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  for (const kind of ['verify', 'recovery']) attempts.inc({ kind, outcome: 'sent' }, 0);
  const durations = new Histogram({
    name: 'keyserver_mail_attempt_duration_seconds',
    help: 'Duration of delivery attempts, with any outcome',
    buckets: BUCKETS,
    registers,
  });
  return {
    observe({ kind, type: outcome, ms }: MailEvent): void {
      attempts.inc({ kind, outcome });
      durations.observe(ms / 1000);
    },
    watch(outbox: { count(): Promise<number> }): void {
      const count = countOnce(outbox);
      new Gauge({
        name: 'keyserver_mails_waiting',
        help: 'Mails in the outbox of all servers; NaN while the database is unavailable',
        registers,
        async collect() {
          this.set(await count());
        },
      });
    },
  };
}

/** Runs one query at a time for all scrapes. NaN when it fails or exceeds the time limit. */
function countOnce(outbox: { count(): Promise<number> }): () => Promise<number> {
  let underWay: Promise<number> | undefined;
  return () => {
    underWay ??= outbox
      .count()
      .catch(() => Number.NaN)
      .finally(() => {
        underWay = undefined;
      });
    return withTimeout(COUNT_TIMEOUT_MS, underWay).catch(() => Number.NaN);
  };
}
