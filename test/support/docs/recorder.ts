import { STATUS_CODES } from 'node:http';

interface Exchange {
  method: string;
  path: string;
  requestHeaders: Record<string, string>;
  requestBody: string | undefined;
  status: number;
  responseHeaders: Headers;
  responseBody: string;
}

/** Headers that matter to client writers. */
const SHOWN_REQUEST_HEADERS = ['Authorization', 'Content-Type', 'Accept', 'Accept-Language'];
const SHOWN_RESPONSE_HEADERS = ['Content-Type', 'Timestamp', 'Retry-After'];
/** Longer hex is abbreviated to its ends; decimal numbers are not. */
const MAX_HEX_DIGITS = 128;

export class Recorder {
  #exchanges: Promise<Exchange>[] = [];

  constructor(private readonly serverUrl: string) {}

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const { pathname, search } = new URL(String(input));
    const response = await fetch(this.serverUrl + pathname + search, init);
    const { method = 'GET', headers, body } = init;
    const exchange = {
      method,
      path: pathname + search,
      requestHeaders: headers as Record<string, string>,
      requestBody: body === undefined ? undefined : String(body),
      status: response.status,
      responseHeaders: response.headers,
    };
    // An event stream is complete when it has ended.
    const copy = response.clone();
    this.#exchanges.push(copy.text().then((responseBody) => ({ ...exchange, responseBody })));
    return response;
  };

  /** Takes the exchanges since the last call, as Markdown. */
  async take(): Promise<string> {
    const exchanges = await Promise.all(this.#exchanges);
    this.#exchanges = [];
    return exchanges.map(render).join('\n');
  }
}

function render(exchange: Exchange): string {
  const { method, path, requestHeaders, requestBody, status, responseHeaders, responseBody } = exchange;
  const body = requestBody === undefined ? [] : [`Content-Length: ${Buffer.byteLength(requestBody)}`];
  const request = [
    `${method} ${path} HTTP/1.1`,
    'Host: accounts.example.org',
    ...SHOWN_REQUEST_HEADERS.flatMap((name) =>
      requestHeaders[name] ? `${name}: ${requestHeaders[name]}` : [],
    ),
    ...body,
    ...(requestBody === undefined ? [] : ['', layOut(requestBody)]),
  ];
  const answer = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...SHOWN_RESPONSE_HEADERS.flatMap((name) => {
      const value = responseHeaders.get(name);
      return value === null ? [] : `${name}: ${value}`;
    }),
    '',
    layOut(responseBody),
  ];
  return `\`\`\`http\n${request.join('\n')}\n\`\`\`\n\n\`\`\`http\n${answer.join('\n')}\n\`\`\`\n`;
}

/** Indents JSON and shortens hex. An event stream stays as it is. */
function layOut(body: string): string {
  if (!body.startsWith('{')) return body.trimEnd();
  const shorten = (_: string, value: unknown) =>
    typeof value === 'string' && value.length > MAX_HEX_DIGITS && /^(?!\d+$)[0-9a-f]+$/.test(value)
      ? `${value.slice(0, 16)}…${value.slice(-16)} (${value.length / 2} bytes)`
      : value;
  return JSON.stringify(JSON.parse(body), shorten, 2);
}
