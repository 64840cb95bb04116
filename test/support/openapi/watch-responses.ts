import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Teardown } from '../services/service-process.js';
import { checkResponse } from './check-response.js';

/** Checks each complete response of a server in this process. The test's end reports violations. */
export function watchResponses(t: Teardown, url: string): void {
  const { port } = new URL(url);
  const failures = new Set<string>();
  const onRequest = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (String(request.socket.localPort) !== port) return;
    const body = collectBody(response);
    response.once('finish', () => {
      const { method = '', url: path = '' } = request;
      const headers = toIncoming(response.getHeaders());
      try {
        checkResponse({ method, path, status: response.statusCode, headers, text: body() });
      } catch (error) {
        failures.add((error as Error).message);
      }
    });
  };
  subscribe('http.server.request.start', onRequest);
  t.teardown(() => {
    unsubscribe('http.server.request.start', onRequest);
    if (failures.size > 0) throw new Error([...failures].join('\n'));
  });
}

function collectBody(response: ServerResponse): () => string {
  const chunks: Buffer[] = [];
  for (const name of ['write', 'end'] as const) {
    const original = response[name].bind(response) as (...args: unknown[]) => never;
    // `write` and `end` have overloads that one function cannot declare.
    response[name] = ((...args: unknown[]) => {
      const [chunk] = args;
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
      return original(...args);
    }) as never;
  }
  return () => Buffer.concat(chunks).toString();
}

function toIncoming(headers: OutgoingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
