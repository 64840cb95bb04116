import { connect } from 'node:net';
import { takeReply } from './http-replies.js';
import type { Reply, ReplyBody, Target } from './send.js';

export function makeHead(requestLine: string, ...headers: string[]): string {
  return [`${requestLine} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers, '', ''].join('\r\n');
}

/** Sends all bytes before it reads anything, like simple clients. */
export function exchange({ url }: Pick<Target, 'url'>, bytes: string | Buffer): Promise<Reply[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const chunks: Buffer[] = [];
    socket.pause();
    socket.write(bytes, () => socket.resume());
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => resolve(readReplies(Buffer.concat(chunks).toString())));
    socket.once('error', reject);
  });
}

/** Reads replies, except 100 (Continue). */
function readReplies(received: string): Reply[] {
  const taken = takeReply(received, true);
  if (!taken) return [];
  const { status, headers, body: text } = taken.reply;
  const isJson = headers['content-type']?.startsWith('application/json');
  const reply = { status, headers, text, body: (isJson && text ? JSON.parse(text) : {}) as ReplyBody };
  return status === 100 ? readReplies(taken.rest) : [reply, ...readReplies(taken.rest)];
}
