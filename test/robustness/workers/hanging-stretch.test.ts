import t from 'tap';
import { toHex } from '../../../protocol/hex.js';
import { Stretcher, type StretchThreadDied } from '../../../workers/stretcher.js';
import type { TaskEvent } from '../../../workers/task-queue.js';
import { HANGING_EMAIL, KNOWN_REPLY, knownRequest } from '../../support/workers/stretch-request.js';

t.test('a hanging stretch fails after its time limit of 30 s, and its thread is replaced', async (t) => {
  const events: (TaskEvent | StretchThreadDied)[] = [];
  const stretcher = new Stretcher({
    engine: 'native',
    threads: 2,
    memoryMiB: 128,
    niceIncrement: 0,
    threadFile: new URL('../../support/workers/hanging-stretch-thread.js', import.meta.url),
    observe: (event) => events.push(event),
  });
  t.teardown(() => stretcher.close());
  await stretcher.ready();
  stretcher.queue.expect(1, 500);
  const predicted = stretcher.queue.predictWaitMs(100);
  const hung = stretcher.stretch({ ...knownRequest(), email: Buffer.from(HANGING_EMAIL) }, { source: 'a' });
  let predictedMeanwhile = predicted;
  const watch = setInterval(() => {
    predictedMeanwhile = Math.max(predictedMeanwhile, stretcher.queue.predictWaitMs(100));
  }, 10);
  await t.rejects(hung, { code: 'TASK_FAILED', message: 'a thread hung: no result within 30000 ms' });
  clearInterval(watch);
  t.ok(predictedMeanwhile > 1.5 * predicted, 'it did not count as a thread meanwhile');
  t.match(events.at(-1), { type: 'finished', failed: 1 });
  t.equal(events.filter(({ type }) => type === 'threadDied').length, 1);
  const replies = await Promise.all(
    ['a', 'b'].map((source) => stretcher.stretch(knownRequest(), { source })),
  );
  for (const { verifier, unwrapBKey } of replies) {
    t.same({ verifier: toHex(verifier), unwrapBKey: toHex(unwrapBKey) }, KNOWN_REPLY);
  }
  t.equal(stretcher.threads.length, 2);
});
