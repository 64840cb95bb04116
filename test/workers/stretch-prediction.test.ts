import t from 'tap';
import { QueueHarness } from '../support/workers/queue-harness.js';

/** As measured on a machine with slow vector operations, in ms: four together cost half of four alone. */
const BATCH_MS = [0, 90, 160, 180, 210];
const batchMs = (size: number) => BATCH_MS[size] as number;

const SHAPES = [
  { threads: 2, groupSize: 2, slots: 4 },
  { threads: 2, groupSize: 4, slots: 4 },
  { threads: 2, groupSize: 4, slots: 8 },
  { threads: 4, groupSize: 4, slots: 10 },
];

/** Plays a load; gives what each request was told it would wait and how long it did wait, both in ms. */
async function playLoad(shape: (typeof SHAPES)[number], steps: number, arrivals: (step: number) => number) {
  const harness = new QueueHarness({ ...shape, maxWaitMs: 600_000 });
  harness.queue.expect(Array.from({ length: shape.groupSize }, (_, i) => batchMs(i + 1)));
  const predicted: number[] = [];
  await harness.play(batchMs, steps, (step) => {
    for (let i = arrivals(step); i > 0; i--) {
      predicted.push(harness.queue.predictWaitMs());
      harness.submit(`${step} ${i}`);
    }
  });
  // Each from a source and for an account of its own, they are served in the order they came.
  const waited = harness.events.flatMap((event) => (event.type === 'started' ? [event.waitedMs] : []));
  return predicted.map((predictedMs, i) => ({ predictedMs, waitedMs: waited[i] as number }));
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The clock goes in steps of 10 ms, and a wait may end in any of the batches that end about then. */
const isNear = ({ predictedMs, waitedMs }: { predictedMs: number; waitedMs: number }) =>
  Math.abs(predictedMs - waitedMs) <= 0.2 * waitedMs + 20;

for (const shape of SHAPES) {
  const name = `groups of ${shape.groupSize} in ${shape.slots} slots on ${shape.threads} threads`;

  t.test(`${name}: of 200 at once, all wait about as long as predicted`, async (t) => {
    const waits = await playLoad(shape, 1, () => 200);
    t.equal(waits.length, 200);
    t.same(
      waits.filter((wait) => !isNear(wait)),
      [],
    );
  });

  t.test(`${name}: so do they, on average, when they come over time`, async (t) => {
    for (const [load, perStep] of Object.entries({ light: 0.1, heavy: 0.25, overload: 0.6 })) {
      const waits = await playLoad(
        shape,
        400,
        (step) => Math.floor((step + 1) * perStep) - Math.floor(step * perStep),
      );
      const [predictedMs, waitedMs] = [
        mean(waits.map((wait) => wait.predictedMs)),
        mean(waits.map((wait) => wait.waitedMs)),
      ];
      t.ok(
        isNear({ predictedMs, waitedMs }),
        `${load}: ${predictedMs.toFixed()} ms for ${waitedMs.toFixed()} ms`,
      );
    }
  });
}
