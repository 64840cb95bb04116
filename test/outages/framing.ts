/** A piece of what a client sends, and whether it is one of the commands that requests are made of. */
export interface Frame {
  bytes: Buffer;
  isCommand: boolean;
}

/** Takes apart what one connection sends, as it comes. @returns what is whole */
export type Framer = (chunk: Buffer) => Frame[];

/** What links do by themselves. */
const REDIS_UPKEEP = new Set(['PING', 'HELLO', 'CLIENT', 'SUBSCRIBE']);
/** What servers do by themselves: sending mails, noting uses, looking for rotated keys, housekeeping, heartbeats. */
const SQL_UPKEEP =
  /^(with "due"|(update|delete from) "mails"|update "sessions" set "last_access_at"|select .* from "signing_keys"|select 1$|.*"leases")/;

/** Commands in RESP: arrays of bulk strings (redis.io, "Redis serialization protocol"). */
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

/** The text of each prepared statement, by its name, which is the same on every connection. */
const statements = new Map<string, string>();

/** Statements in PostgreSQL's protocol 3.0: everything up to Sync is one, and so is a simple Query. */
export function createPostgresFramer(): Framer {
  let isStarted = false;
  let statement = '';
  return createFramer((buffer) => {
    const typeLength = isStarted ? 1 : 0;
    if (buffer.length < typeLength + 4) return undefined;
    const length = typeLength + buffer.readInt32BE(typeLength);
    if (buffer.length < length) return undefined;
    if (!isStarted) {
      isStarted = true;
      return { length, isCommand: false };
    }
    const type = String.fromCharCode(buffer[0] as number);
    const [first = '', second = ''] = buffer.toString('utf8', 5, length).split('\0');
    if (type === 'P') {
      statement = second;
      if (first) statements.set(first, second);
    }
    // Bind names the portal, then the statement; of an unnamed one the text has just come.
    if (type === 'B' && second) statement = statements.get(second) ?? '';
    if (type === 'Q') statement = first;
    return { length, isCommand: 'SQ'.includes(type) && !SQL_UPKEEP.test(statement) };
  });
}

/** @param read finds the first frame of a buffer: its length in bytes, when it is whole */
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
