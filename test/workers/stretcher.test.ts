import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import t from 'tap';
import { toHex } from '../../protocol/hex.js';
import { simdSupported } from '../../protocol/scrypt-kernel.js';
import { CryptoPool } from '../../workers/crypto-pool.js';
import { findNativeProblem } from '../../workers/kernel/load-native.js';
import type { StretchReply } from '../../workers/messages.js';
import { Stretcher, type StretcherOptions, type StretchThreadDied } from '../../workers/stretcher.js';
import type { TaskEvent } from '../../workers/task-queue.js';
import { ThreadPool } from '../../workers/thread-pool.js';
import { waitUntil } from '../support/wait-until.js';
import { KNOWN_REPLY, knownRequest } from '../support/workers/stretch-request.js';
import { recordWasmMemories } from '../support/workers/wasm-memory.js';

const withSimd = { skip: !simdSupported() && 'no WebAssembly SIMD here' };
const onLinux = { skip: platform() !== 'linux' && 'threads have their own priority on Linux only' };

const orderFrom = (source: string) => ({ source });
const inHex = ({ verifier, unwrapBKey }: StretchReply) => ({
  verifier: toHex(verifier),
  unwrapBKey: toHex(unwrapBKey),
});

function startStretcher(
  t: { teardown(end: () => Promise<void>): void },
  options: Partial<StretcherOptions> = {},
) {
  const events: (TaskEvent | StretchThreadDied)[] = [];
  const observe = (event: TaskEvent | StretchThreadDied) => {
    events.push(event);
    options.observe?.(event);
  };
  const stretcher = new Stretcher({
    engine: 'native',
    threads: 1,
    memoryMiB: 128,
    niceIncrement: 0,
    ...options,
    observe,
  });
  t.teardown(() => stretcher.close());
  return { stretcher, events };
}

function begun(count: number) {
  let missing = count;
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  const observe = ({ type }: TaskEvent | StretchThreadDied) => {
    if (type === 'started' && --missing === 0) resolve();
  };
  return { promise, observe };
}

for (const engine of ['native', 'wasm', 'openssl'] as const) {
  t.test(`a password gives the verifier and unwrapBKey of the vectors (${engine})`, async (t) => {
    const { stretcher } = startStretcher(t, { engine });
    t.same(inHex(await stretcher.stretch(knownRequest(), orderFrom('a'))), KNOWN_REPLY);
  });
}

t.test('logins that wait for a thread are stretched in batches', withSimd, async (t) => {
  const { stretcher, events } = startStretcher(t, { memoryMiB: 256 });
  await stretcher.ready();
  stretcher.queue.expect(4, 200);
  const order = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(orderFrom);
  const replies = await Promise.all(order.map((from) => stretcher.stretch(knownRequest(), from)));
  for (const reply of replies) t.same(inHex(reply), KNOWN_REPLY);
  const batchSizes = events.flatMap((event) => (event.type === 'finished' ? [event.batchSize] : []));
  t.same(batchSizes, [1, 4, 3]);
});

t.test('STRETCH_MEMORY limits simultaneous stretches with every engine', async (t) => {
  for (const engine of ['native', 'wasm', 'openssl'] as const) {
    const { stretcher } = startStretcher(t, { engine, threads: 2, memoryMiB: 127 });
    await stretcher.ready();
    const stretches = ['a', 'b', 'c'].map((from) => stretcher.stretch(knownRequest(), orderFrom(from)));
    t.equal(stretcher.queue.waiting, 2, 'one runs');
    for (const reply of await Promise.all(stretches)) t.same(inHex(reply), KNOWN_REPLY);
  }
});

t.test('a ready stretcher has a plan', async (t) => {
  for (const engine of ['native', 'wasm', 'openssl', 'scrypt-js'] as const) {
    const { stretcher } = startStretcher(t, { engine, memoryMiB: 192 });
    await stretcher.ready();
    const { single, groupSize, batchMs } = stretcher.plan;
    if (stretcher.engine === 'wasm') {
      t.ok(['scalar', 'vector'].includes(single));
      t.ok(groupSize <= 3, 'there is no memory for four');
    } else {
      t.equal(groupSize, stretcher.engine === 'native' ? 4 : 1);
    }
    t.ok(batchMs > 8);
  }
});

t.test('a request that cannot be stretched fails alone, at any position in its batch', async (t) => {
  const { stretcher } = startStretcher(t, { memoryMiB: 256 });
  await stretcher.ready();
  stretcher.queue.expect(3, 200);
  // Invalid on purpose: these requests cannot be stretched.
  const noEmail = { email: undefined as never };
  const noSrpSalt = { srpSalt: undefined as never };
  // The first request runs alone, the others in one batch.
  const changes = [{}, noEmail, {}, {}, noEmail, noSrpSalt, {}];
  const outcomes = await Promise.allSettled(
    changes.map((change, i) => stretcher.stretch({ ...knownRequest(), ...change }, orderFrom(`${i}`))),
  );
  for (const [i, outcome] of outcomes.entries()) {
    if (changes[i] === noEmail || changes[i] === noSrpSalt) {
      t.match(outcome, { reason: { code: 'TASK_FAILED', message: /^(Type|Range)Error$/ } });
    } else {
      t.same(outcome.status === 'fulfilled' && inHex(outcome.value), KNOWN_REPLY);
    }
  }
});

for (const engine of ['native', 'wasm'] as const) {
  const skip = engine === 'wasm' ? withSimd.skip : findNativeProblem();
  t.test(
    `${engine}: a stretch leaves traces in memory, and idle slots are wiped soon`,
    { skip },
    async (t) => {
      const { countTraces } = recordWasmMemories(t);
      const { stretcher } = startStretcher(t, { engine, memoryMiB: 256 });
      await stretcher.ready();
      await Promise.all(
        ['a', 'b', 'c', 'd'].map((source) => stretcher.stretch(knownRequest(), orderFrom(source))),
      );
      // No timer fires before this search has ended.
      t.ok(countTraces() > 0.99 * 2 ** 26);
      await waitUntil(() => countTraces() === 0);
    },
  );
}

for (const engine of ['native', 'wasm'] as const) {
  const skip = engine === 'wasm' ? withSimd.skip : findNativeProblem();
  t.test(`${engine}: a closed stretcher has released its memory, without secrets`, { skip }, async (t) => {
    const { countTraces } = recordWasmMemories(t);
    const { stretcher } = startStretcher(t, { engine });
    await stretcher.stretch(knownRequest(), orderFrom('a'));
    const { rss } = process.memoryUsage();
    t.ok(countTraces() > 0.99 * 2 ** 26);
    await stretcher.close();
    t.equal(countTraces(), 0);
    if (platform() !== 'linux' || findNativeProblem()) return;
    t.ok(rss - process.memoryUsage().rss > 2 ** 25, 'its resident pages are gone');
  });
}

t.test('a killed thread fails its batch, is replaced and reported', async (t) => {
  const gate = begun(simdSupported() ? 3 : 2);
  const { stretcher, events } = startStretcher(t, { observe: gate.observe });
  await stretcher.ready();
  if (simdSupported()) stretcher.queue.expect(2, 200);
  const [killed] = stretcher.threads;
  const outcomes = Promise.allSettled(
    ['a', 'b', 'c', 'd'].map((source) => stretcher.stretch(knownRequest(), orderFrom(source))),
  );
  await gate.promise;
  await killed?.terminate();
  const [first, ...rest] = await outcomes;
  t.equal(first?.status, 'fulfilled', 'it ended before');
  const held = simdSupported() ? 2 : 1;
  for (const [i, outcome] of rest.entries()) {
    if (i < held) t.match(outcome, { status: 'rejected', reason: { code: 'TASK_FAILED' } });
    else t.equal(outcome.status, 'fulfilled', 'it waited');
  }
  t.equal(events.filter(({ type }) => type === 'threadDied').length, 1);
  t.not(stretcher.threads[0], killed);
  t.equal(stretcher.threads.length, 1);
});

t.test('each batch has the time limit of the queue', async (t) => {
  const run = t.capture(ThreadPool.prototype, 'runWithin', ThreadPool.prototype.runWithin);
  const { stretcher } = startStretcher(t);
  await stretcher.stretch(knownRequest(), orderFrom('a'));
  t.match(run(), [{ args: [30_000, { task: 'stretch' }] }]);
});

t.test('the death of an idle thread fails no request', async (t) => {
  const { stretcher, events } = startStretcher(t);
  await stretcher.ready();
  await stretcher.threads[0]?.terminate();
  t.same(inHex(await stretcher.stretch(knownRequest(), orderFrom('a'))), KNOWN_REPLY);
  t.match(events[0], { type: 'threadDied' });
});

t.test('closing reports no dead threads', async (t) => {
  const { stretcher, events } = startStretcher(t);
  const stretch = stretcher.stretch(knownRequest(), orderFrom('a'));
  const rejected = t.rejects(stretch, { code: 'TASK_FAILED' });
  await stretcher.close();
  await rejected;
  t.notMatch(events, [{ type: 'threadDied' }]);
});

t.test('password bytes are wiped after a stretch and after an abandoned one', async (t) => {
  const { stretcher } = startStretcher(t);
  const [stretched, abandoned] = [knownRequest(), knownRequest()];
  await stretcher.stretch(stretched, orderFrom('a'));
  const order = { ...orderFrom('b'), signal: AbortSignal.abort() };
  await t.rejects(stretcher.stretch(abandoned, order), { code: 'TASK_ABANDONED' });
  for (const { password } of [stretched, abandoned]) t.same(password, new Uint8Array(password.length));
});

t.test('password bytes are moved to a thread, which wipes them', async (t) => {
  const threadFile = new URL('../support/workers/checked-stretch-thread.js', import.meta.url);
  const { stretcher } = startStretcher(t, { threadFile });
  const requests = [knownRequest(), knownRequest(), knownRequest()];
  // Bypass the stretcher, which wipes the sender's bytes after the reply too.
  const replies = requests.map((r, i) => stretcher.queue.submit(r, orderFrom(`${i}`)));
  t.ok(
    requests[0]?.password.every((byte) => byte === 0),
    'when its stretch starts',
  );
  for (const reply of await Promise.all(replies)) t.same(inHex(reply), KNOWN_REPLY);
  for (const { password } of requests) t.same(password, new Uint8Array(password.length));
});

t.test('warm threads predict waits from their speed', withSimd, async (t) => {
  const { stretcher } = startStretcher(t, { engine: 'wasm', threads: 2 });
  const guessed = stretcher.queue.predictWaitMs(4);
  await stretcher.ready();
  const predicted = stretcher.queue.predictWaitMs(4);
  t.not(predicted, guessed);
  t.ok(predicted > 10);
});

t.test('only stretch threads have a lower OS priority', onLinux, async (t) => {
  const before = niceOfThreads();
  const cryptoPool = new CryptoPool({ modPow: 'openssl', threads: 1 });
  t.teardown(() => cryptoPool.close());
  const { stretcher } = startStretcher(t, { threads: 2, niceIncrement: 7 });
  await stretcher.ready();
  await cryptoPool.run('srpStart', { verifier: new Uint8Array(256).fill(1) }, { source: '' });
  const own = before.get(process.pid) as number;
  const lowered = [...niceOfThreads().values()].filter((nice) => nice !== own);
  t.same(lowered, own < 19 ? Array(2).fill(Math.min(own + 7, 19)) : []);
});

/** By thread ID (proc(5), /proc/pid/task/tid/stat). */
function niceOfThreads(): Map<number, number> {
  const afterName = (stat: string) => stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return new Map(
    readdirSync('/proc/self/task').map((id) => {
      const fields = afterName(readFileSync(`/proc/self/task/${id}/stat`, 'utf8'));
      return [Number(id), Number(fields[16])];
    }),
  );
}
