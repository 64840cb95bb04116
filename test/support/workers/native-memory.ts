import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const CHUNK_BYTES = 64 << 10;
const MIN_BYTES = 64 << 20;

/** Its mappings are large and excluded from core dumps (proc(5), smaps). */
function findMappings(): { start: number; end: number }[] {
  return readFileSync('/proc/self/smaps', 'latin1')
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((mapping) => /^VmFlags: rd wr.* dd\b/m.test(mapping))
    .map((mapping) => {
      const [, start = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(mapping) ?? [];
      return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) };
    })
    .filter(({ start, end }) => end - start >= MIN_BYTES);
}

/** `traces`: bytes in chunks that are not all zero. */
export function readNativeMemory(): { bytes: number; traces: number } {
  const memory = openSync('/proc/self/mem', 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const zero = Buffer.alloc(CHUNK_BYTES);
  const total = { bytes: 0, traces: 0 };
  try {
    for (const { start, end } of findMappings()) {
      for (let at = start; at < end; at += CHUNK_BYTES) {
        const length = readSync(memory, chunk, 0, Math.min(CHUNK_BYTES, end - at), at);
        total.bytes += length;
        const read = chunk.subarray(0, length);
        if (!read.equals(zero.subarray(0, length))) total.traces += length;
      }
    }
  } finally {
    closeSync(memory);
  }
  return total;
}
