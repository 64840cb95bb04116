import { withTimeout } from '../protocol/with-timeout.js';

/** Maximum length of a line or event, in characters. Events of this API have at most about 600. */
const MAX_EVENT_LENGTH = 65536;

/**
 * Yields the data of each server-sent event (WHATWG HTML, 9.2.6). Skips comments, other fields and an
 * incomplete last event. Chunks may be split anywhere, even inside a character or a CRLF.
 * @throws RangeError when a line or an event exceeds 65536 characters
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  let length = 0;
  for await (const line of readLines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield data.join('\n');
      data = [];
      length = 0;
      continue;
    }
    // The expression matches every line.
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) as unknown as [string, string, string];
    if (field !== 'data') continue;
    length += value.length + 1;
    refuseOver(length);
    data.push(value);
  }
}

/** Splits text at CR, LF or CRLF. A line is yielded at its CR, before the LF arrives. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let endedInCR = false;
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    if (endedInCR && text.startsWith('\n')) text = text.slice(1);
    endedInCR = text === '' ? false : text.endsWith('\r');
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop() as string;
    refuseOver(rest.length);
    yield* lines;
  }
}

function refuseOver(length: number): void {
  if (length > MAX_EVENT_LENGTH) {
    throw new RangeError(`an event must be at most ${MAX_EVENT_LENGTH} characters`);
  }
}

/**
 * Yields the chunks of a stream. Leaving the loop cancels it.
 * @throws TimeoutError when the next chunk takes longer than `idleSeconds`; the error of a stream that fails
 */
export async function* readChunks(
  stream: ReadableStream<Uint8Array>,
  idleSeconds: number,
): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await withTimeout(idleSeconds * 1000, reader.read());
      if (done) return;
      yield value;
    }
  } finally {
    // Cancelling a failed stream rejects.
    await reader.cancel().catch(() => {});
  }
}
