/** `isCommand`: a request sent it, not the connection itself. */
export interface Frame {
  bytes: Buffer;
  isCommand: boolean;
}

export type Framer = (chunk: Buffer) => Frame[];

/** Redis commands that connections send by themselves. */
const REDIS_UPKEEP = new Set(['PING', 'HELLO', 'CLIENT', 'SUBSCRIBE']);
/** Background work: mails, session use, key reloads, housekeeping, heartbeats. */
const SQL_UPKEEP =
  /^(with "due"|(update|delete from) "mails"|update "sessions" set "last_access_at"|select .* from "signing_keys"|select 1$|.*"leases")/;

/** RESP: arrays of bulk strings (redis.io, "Redis serialization protocol"). */
export function createRedisFramer(): Framer {
  return createFramer((buffer) => {
    const header = /^\*(\d+)\r\n/.exec(buffer.toString('latin1', 0, 32));
    if (!header) return undefined;
    let end = header[0].length;
    let name = '';
    for (let left = Number(header[1]); left > 0; left--) {
      const length = /^\$(\d+)\r\n/.exec(buffer.toString('latin1', end, end + 32));
      if (!length) return undefined;
      const start = end + length[0].length;
      end = start + Number(length[1]) + 2;
      if (end > buffer.length) return undefined;
      name ||= buffer.toString('latin1', start, end - 2).toUpperCase();
    }
    return { length: end, isCommand: !REDIS_UPKEEP.has(name) };
  });
}

/** Names are the same on every connection. */
const statements = new Map<string, string>();

/** Parse, Bind, Describe, Execute and Close precede a statement's Sync. */
const PARTS_OF_STATEMENT = 'PBDEC';

/**
 * PostgreSQL's protocol 3.0: a frame ends with Sync or is a simple Query. The proxy must not forward
 * incomplete frames, because PostgreSQL executes a COMMIT before its Sync.
 */
export function createPostgresFramer(): Framer {
  let isStarted = false;
  return createFramer((buffer) => {
    if (!isStarted) {
      const length = buffer.length < 4 ? Number.POSITIVE_INFINITY : buffer.readInt32BE(0);
      if (buffer.length < length) return undefined;
      isStarted = true;
      return { length, isCommand: false };
    }
    let statement = '';
    for (let start = 0; buffer.length >= start + 5; ) {
      const type = String.fromCharCode(buffer[start] as number);
      const end = start + 1 + buffer.readInt32BE(start + 1);
      if (buffer.length < end) return undefined;
      const [first = '', second = ''] = buffer.toString('utf8', start + 5, end).split('\0');
      if (type === 'P') {
        statement = second;
        if (first) statements.set(first, second);
      }
      // Bind names the portal, then the statement. The text of an unnamed one precedes it.
      if (type === 'B' && second) statement = statements.get(second) ?? '';
      if (type === 'Q') statement = first;
      start = end;
      if (!PARTS_OF_STATEMENT.includes(type)) {
        return { length: end, isCommand: 'SQ'.includes(type) && !SQL_UPKEEP.test(statement) };
      }
    }
    return undefined;
  });
}

/** `read` returns the length of the first complete frame. */
function createFramer(read: (buffer: Buffer) => { length: number; isCommand: boolean } | undefined): Framer {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    for (let found = read(rest); found; found = read(rest)) {
      frames.push({ bytes: rest.subarray(0, found.length), isCommand: found.isCommand });
      rest = rest.subarray(found.length);
    }
    return frames;
  };
}
