import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type Signer, sign, type Target } from './send.js';

export interface EventStream {
  status: number;
  headers: IncomingHttpHeaders;
  /** Resolves with the object of the next `data:` line, or the text of a comment; `undefined` at the end. */
  next(): Promise<unknown>;
  close(): void;
}

const STATUS_PATH = '/v1/recovery_email/status';

export function openEventStream(
  target: Target,
  sessionToken: string,
  accept = 'text/event-stream',
): Promise<EventStream> {
  const signer: Signer = { type: 'sessionToken', token: sessionToken };
  const headers = { Accept: accept, Authorization: sign(target, STATUS_PATH, { method: 'GET' }, signer) };
  return new Promise((resolve, reject) => {
    const request = httpRequest(target.url + STATUS_PATH, { headers, agent: false }, (response) => {
      const blocks = readBlocks(response.setEncoding('utf8'));
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        next: async () => (await blocks.next()).value,
        close: () => request.destroy(),
      });
    });
    request.once('error', reject);
    request.end();
  });
}

async function* readBlocks(chunks: AsyncIterable<string>): AsyncGenerator<unknown, undefined> {
  let text = '';
  for await (const chunk of chunks) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield parseBlock(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
  if (text) throw new Error(`the stream ends within a block: ${text}`);
}

function parseBlock(block: string): unknown {
  if (block.startsWith(':')) return block;
  if (!block.startsWith('data: ') || block.includes('\n')) throw new Error(`no single data line: ${block}`);
  return JSON.parse(block.slice('data: '.length));
}
