import type { TestServer } from '../api/start-server.js';
import { knownRequest } from '../workers/stretch-request.js';

/** An outcome is `waiting`, then `stretched` or the code of the error. */
export function recordOutcomes({ services: { stretcher } }: TestServer): string[] {
  const outcomes: string[] = [];
  const stretch = stretcher.stretch.bind(stretcher);
  stretcher.stretch = async (...order) => {
    const index = outcomes.push('waiting') - 1;
    try {
      const reply = await stretch(...order);
      outcomes[index] = 'stretched';
      return reply;
    } catch (error) {
      outcomes[index] = (error as { code: string }).code;
      throw error;
    }
  };
  return outcomes;
}

export function occupy({ services: { stretcher } }: TestServer, stretches: number): void {
  const orders = Array.from({ length: stretches }, (_, i) => ({
    source: `other ${i}`,
  }));
  // The end of the test aborts the remaining stretches.
  for (const order of orders) stretcher.queue.submit(knownRequest(), order).catch(() => {});
}
