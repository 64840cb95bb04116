import { randomUUID } from 'node:crypto';
import type { Services } from '../services.js';
import { CLIENT_LEFT, recordRequest } from './request-log.js';

export interface ShedRequest {
  method: string;
  /** As declared; `undefined` for an unknown path. */
  path: string | undefined;
  outcome: 'refused' | 'abandoned';
}

/** Maximum delay of a record, in ms: longer than a burst. */
const BATCH_MS = 1000;

/**
 * Logs and counts the requests that load shedding ended. It does so in batches, after a burst: a record costs a
 * sixth of a refusal.
 */
export class SheddingLog {
  readonly #services: Pick<Services, 'log' | 'metrics'>;
  #batch: ShedRequest[] = [];

  constructor(services: Pick<Services, 'log' | 'metrics'>) {
    this.#services = services;
  }

  add(request: ShedRequest): void {
    if (this.#batch.push(request) === 1) setTimeout(() => this.flush(), BATCH_MS);
  }

  flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    for (const { method, path, outcome } of batch) {
      this.#services.metrics.pools.observeStretch({ type: outcome });
      const end = outcome === 'refused' ? { status: 503, errno: 201 } : { status: CLIENT_LEFT };
      recordRequest(this.#services, { id: randomUUID(), method, path, ...end, ms: 0 });
    }
  }
}
