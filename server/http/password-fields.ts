import { isUtf8 } from 'node:buffer';

const PASSWORD_FIELDS = ['password', 'oldPassword', 'newPassword'].map((name) => ({
  name,
  bytes: Buffer.from(name),
}));

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET, COLON, COMMA] = Buffer.from('{}[]:,');
const ESCAPES: Readonly<Record<string, number>> = {
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON body and its passwords, which the caller wipes. */
export interface ParsedBody {
  /** Passwords in an object are Uint8Arrays. A lone surrogate becomes three bytes of invalid UTF-8. */
  json: unknown;
  passwords: Uint8Array[];
}

/**
 * Parses JSON. Top-level passwords become bytes, because strings cannot be wiped: JSON.parse reads a copy in
 * which they are blank.
 * @throws SyntaxError, TypeError when the bytes are not JSON in UTF-8; their passwords are wiped
 */
export function parsePasswordBody(raw: Uint8Array): ParsedBody {
  if (!isUtf8(raw)) throw new TypeError('not UTF-8');
  const blanked = Buffer.from(raw);
  // One buffer for all strings: a body can have thousands. The garbage collector does not copy ArrayBuffers.
  const decoded = new Uint8Array(new ArrayBuffer(raw.length));
  const found: { field: string; bytes: Uint8Array }[] = [];
  try {
    for (const { field, start, end, bytes } of findPasswords(raw, decoded)) {
      found.push({ field, bytes });
      blanked.fill(FIRST_PRINTABLE, start, end);
    }
    const json: unknown = JSON.parse(utf8.decode(blanked));
    if (isRecord(json)) {
      // The last duplicate of a field wins, as in JSON.parse. It may be something other than a string.
      for (const { field, bytes } of found) if (isText(json[field])) json[field] = bytes;
    }
    return { json, passwords: found.map(({ bytes }) => bytes) };
  } catch (error) {
    decoded.fill(0);
    throw error;
  } finally {
    blanked.fill(0);
  }
}

function isRecord(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** Returns whether a value is a blanked string or the bytes of an earlier duplicate. */
function isText(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** Finds password values and decodes them into `decoded`. JSON.parse checks the syntax. */
function* findPasswords(
  json: Uint8Array,
  decoded: Uint8Array,
): Generator<{ field: string; start: number; end: number; bytes: Uint8Array }> {
  let free = decoded;
  let depth = 0;
  let field: string | undefined;
  let isValue = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (byte === QUOTE) {
      const [start, end] = [i + 1, findStringEnd(json, i + 1)];
      if (depth === 1 && !isValue) field = toPasswordField(decodeString(json, start, end, free));
      else if (depth === 1 && field !== undefined) {
        const bytes = decodeString(json, start, end, free);
        free = free.subarray(bytes.length);
        yield { field, start, end, bytes };
      }
      i = end;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    else if (depth === 1 && byte === COLON) isValue = true;
    else if (depth === 1 && byte === COMMA) isValue = false;
  }
}

function toPasswordField(field: Uint8Array): string | undefined {
  return PASSWORD_FIELDS.find(({ bytes }) => bytes.length === field.length && bytes.equals(field))?.name;
}

/** @returns the index of the closing quote */
function findStringEnd(json: Uint8Array, start: number): number {
  for (let i = start; i < json.length; i++) {
    if (json[i] === QUOTE) return i;
    if (json[i] === BACKSLASH) i++;
  }
  throw new SyntaxError('unterminated string');
}

/** Decodes a JSON string (RFC 8259, section 7) to UTF-8, at the start of `bytes`. */
function decodeString(json: Uint8Array, start: number, end: number, bytes: Uint8Array): Uint8Array {
  let length = 0;
  for (let i = start; i < end; ) {
    const byte = json[i] as number;
    if (byte < FIRST_PRINTABLE) throw new SyntaxError('control character in a string');
    if (byte !== BACKSLASH) {
      bytes[length++] = byte;
      i++;
      continue;
    }
    const { codePoint, size } = decodeEscape(json, i, end);
    length = writeUtf8(bytes, length, codePoint);
    i += size;
  }
  return bytes.subarray(0, length);
}

function decodeEscape(json: Uint8Array, at: number, end: number): { codePoint: number; size: number } {
  const letter = String.fromCharCode(json[at + 1] as number);
  if (letter !== 'u') {
    const codePoint = ESCAPES[letter];
    if (codePoint === undefined) throw new SyntaxError('unknown escape');
    return { codePoint, size: 2 };
  }
  const unit = decodeHex4(json, at + 2, end);
  if (unit === undefined) throw new SyntaxError('escape without four hex digits');
  const isPair = unit >= 0xd800 && unit < 0xdc00 && json[at + 6] === BACKSLASH && json[at + 7] === 0x75;
  const low = isPair ? decodeHex4(json, at + 8, end) : undefined;
  if (low === undefined || low < 0xdc00 || low > 0xdfff) return { codePoint: unit, size: 6 };
  return { codePoint: 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), size: 12 };
}

function decodeHex4(json: Uint8Array, at: number, end: number): number | undefined {
  if (at + 4 > end) return undefined;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = Number.parseInt(String.fromCharCode(json[i] as number), 16);
    if (Number.isNaN(digit)) return undefined;
    value = value * 16 + digit;
  }
  return value;
}

/** @returns the new length */
function writeUtf8(bytes: Uint8Array, length: number, codePoint: number): number {
  const put = (byte: number) => {
    bytes[length++] = byte;
  };
  const continuation = (shift: number) => put(0x80 | ((codePoint >> shift) & 0x3f));
  if (codePoint < 0x80) put(codePoint);
  else if (codePoint < 0x800) {
    put(0xc0 | (codePoint >> 6));
    continuation(0);
  } else if (codePoint < 0x10000) {
    put(0xe0 | (codePoint >> 12));
    continuation(6);
    continuation(0);
  } else {
    put(0xf0 | (codePoint >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
  return length;
}
