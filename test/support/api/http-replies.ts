export interface RawReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const END_OF_HEAD = '\r\n\r\n';

/** Reads the first reply. @param atEnd a body may be missing then, as after HEAD */
export function takeReply(received: string, atEnd = false): { reply: RawReply; rest: string } | undefined {
  const headLength = received.indexOf(END_OF_HEAD);
  if (headLength < 0) return undefined;
  const start = headLength + END_OF_HEAD.length;
  const head = parseHead(received.slice(0, headLength));
  const end = start + Number(head.headers['content-length'] ?? 0);
  if (received.length < end && !atEnd) return undefined;
  return { reply: { ...head, body: received.slice(start, end) }, rest: received.slice(end) };
}

/** Reads all replies by their status lines: a reply to HEAD has a Content-Length and no body. */
export function splitReplies(received: string): RawReply[] {
  return received.split(/(?=HTTP\/1\.1 \d{3} )/).map((text) => {
    const [head = '', body = ''] = text.split(END_OF_HEAD);
    return { ...parseHead(head), body };
  });
}

function parseHead(head: string): Omit<RawReply, 'body'> {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers) };
}
