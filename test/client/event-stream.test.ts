import fc from 'fast-check';
import t from 'tap';
import { readEvents } from '../../client/event-stream.js';

const encoder = new TextEncoder();

async function collect(...chunks: Array<string | Uint8Array>): Promise<string[]> {
  async function* stream() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? encoder.encode(chunk) : chunk;
  }
  const events: string[] = [];
  for await (const data of readEvents(stream())) events.push(data);
  return events;
}

t.test('events end with a blank line, for each kind of line ending', async (t) => {
  for (const end of ['\n', '\r\n', '\r']) {
    t.same(await collect(`data: one${end}${end}data: two${end}${end}`), ['one', 'two'], JSON.stringify(end));
  }
});

t.test('a CRLF split between chunks is one line ending', async (t) => {
  t.same(await collect('data: a\r', '\ndata: b\r', '\n\r', '\n'), ['a\nb']);
});

t.test('an event is delivered at its blank line, not with the next chunk', async (t) => {
  for (const text of ['data: one\n\n', 'data: one\r\n\r\n', 'data: one\r\n\r']) {
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield encoder.encode(text);
      throw new Error('read on');
    }
    t.equal((await readEvents(stream()).next()).value, 'one');
  }
});

t.test('comments, other fields and a byte order mark are ignored', async (t) => {
  t.same(await collect('\ufeffevent: status\nid: 1\ndata: one\n: comment\nretry: 5\n\n:\n\n: again\n\n'), [
    'one',
  ]);
});

t.test('data lines are joined, without one space after the colon', async (t) => {
  t.same(await collect('data: a\ndata:b\ndata:  c\ndata\n\n'), ['a\nb\n c\n']);
});

t.test('an incomplete last event is dropped', async (t) => {
  t.same(await collect('data: one\n\ndata: two\n'), ['one']);
  t.same(await collect(), []);
});

t.test('chunk boundaries do not change the events', async (t) => {
  const text = ': hello\r\n\r\ndata: {"email":"é🦊"}\r\n\r\ndata: a\rdata: b\n\n\rdata: last\r\n\r\n';
  const bytes = encoder.encode(text);
  const whole = await collect(bytes);
  t.same(whole, ['{"email":"é🦊"}', 'a\nb', 'last']);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = ends.slice(1).map((end, i) => bytes.subarray(ends[i], end));
      return JSON.stringify(await collect(...chunks)) === JSON.stringify(whole);
    }),
  );
});

t.test('an endless line or event is refused', async (t) => {
  const line = 'x'.repeat(40_000);
  await t.rejects(collect(line, line), RangeError);
  await t.rejects(collect(`data: ${line}\n`, `data: ${line}\n`), RangeError);
  t.equal((await collect(`data: ${line}\n\n`, `data: ${line}\n\n`)).length, 2);
});
