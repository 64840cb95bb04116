import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Reply, ReplyBody, Target } from './send.js';

/** The head of a request, after which the server is to end the connection. */
export function makeHead(requestLine: string, ...headers: string[]): string {
  return [`${requestLine} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers, '', ''].join('\r\n');
}

/**
 * Sends bytes as they are, all of them before anything is read, as simple clients do, and then reads to the end.
 * @returns the answers, in order
 */
export function exchange({ url }: Pick<Target, 'url'>, bytes: string | Buffer): Promise<Reply[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    socket.pause();
    socket.write(bytes, () => socket.resume());
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => resolve(parseReplies(Buffer.concat(chunks).toString())));
    socket.once('error', reject);
  });
}

/** Splits what came into replies, by their Content-Length. */
function parseReplies(text: string): Reply[] {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return [];
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n') as [string, ...string[]];
  const headers: IncomingHttpHeaders = Object.fromEntries(
    lines
      .map((line) => /^([^:]+): ?(.*)$/.exec(line)?.slice(1) ?? [])
      .map(([name, value]) => [name?.toLowerCase(), value]),
  );
  const status = Number(statusLine.split(' ')[1]);
  const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
  const body = text.slice(end + 4, bodyEnd);
  const isJson = headers['content-type']?.startsWith('application/json');
  const reply = { status, headers, text: body, body: (isJson && body ? JSON.parse(body) : {}) as ReplyBody };
  return status === 100 ? parseReplies(text.slice(bodyEnd)) : [reply, ...parseReplies(text.slice(bodyEnd))];
}
