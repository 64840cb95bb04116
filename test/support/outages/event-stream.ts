import { request as httpRequest } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { type Reply, type ReplyBody, sign } from '../api/send.js';
import type { TestServer } from '../api/start-server.js';

const PATH = '/v1/recovery_email/status';

/** Resolves once the head of the reply has arrived. `text` resolves at the end of the stream. */
export function openEventStream(
  server: TestServer,
  token: string,
): Promise<{ reply: Reply; text: () => Promise<string> }> {
  const signer = { type: 'sessionToken', token } as const;
  const headers = {
    Accept: 'text/event-stream',
    Authorization: sign(server, PATH, { method: 'GET' }, signer),
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(server.url + PATH, { headers, agent: false }, async (response) => {
      const status = response.statusCode ?? 0;
      const whole = readText(response);
      // The next read reports the error.
      whole.catch(() => {});
      const text = status === 200 ? '' : await whole;
      const body = (text ? JSON.parse(text) : {}) as ReplyBody;
      resolve({ reply: { status, headers: response.headers, body, text }, text: () => whole });
    });
    request.once('error', reject);
    request.end();
  });
}
