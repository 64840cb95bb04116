import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { EnumerationGuard } from '../../../server/accounts/enumeration-guard.js';

const ANSWER_MS = 40;

const enumerationGuard = new EnumerationGuard(new Uint8Array(32), ANSWER_MS);

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await enumerationGuard.padResponseTime(work).catch(() => {});
  return performance.now() - started;
}

t.test('an outcome is delayed to its time', async (t) => {
  t.equal(await enumerationGuard.padResponseTime(async () => 'outcome'), 'outcome');
  t.ok((await timeOf(async () => {})) >= ANSWER_MS, 'instant work');
  t.ok((await timeOf(() => sleep(ANSWER_MS / 2))) >= ANSWER_MS, 'work of half the time');
  t.ok((await timeOf(() => sleep(ANSWER_MS * 1.5))) >= 2 * ANSWER_MS, 'longer work takes twice the time');
});

t.test('a failure is delayed, and its error does not change', async (t) => {
  const failure = new Error('the error of the work');
  await t.rejects(
    enumerationGuard.padResponseTime(async () => Promise.reject(failure)),
    failure,
  );
  t.ok((await timeOf(async () => Promise.reject(failure))) >= ANSWER_MS, 'at once');
  const late = () => sleep(ANSWER_MS * 1.5).then(() => Promise.reject(failure));
  t.ok((await timeOf(late)) >= 2 * ANSWER_MS, 'later');
});

t.test('the delay includes the work', async (t) => {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) times.push(await timeOf(() => sleep(ANSWER_MS / 2)));
  t.ok(Math.min(...times) < 1.5 * ANSWER_MS, `${Math.min(...times)} ms is not one after the other`);
});
