const CHUNK_BYTES = 64 << 10;

/** Records memories. `countTraces` counts those of all recorded memories. */
export function recordWasmMemories(t: { teardown(end: () => void): void }) {
  const memories: WebAssembly.Memory[] = [];
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(...descriptor: ConstructorParameters<typeof Memory>) {
      super(...descriptor);
      memories.push(this);
    }
  };
  t.teardown(() => {
    WebAssembly.Memory = Memory;
  });
  const countTraces = () =>
    memories.reduce((total, { buffer }) => total + countTracesIn(Buffer.from(buffer)), 0);
  return { memories, countTraces };
}

/** Counts the bytes in chunks that are not all zero. */
export function countTracesIn(bytes: Buffer): number {
  const zero = Buffer.alloc(CHUNK_BYTES);
  let traces = 0;
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    if (!chunk.equals(zero.subarray(0, chunk.length))) traces += chunk.length;
  }
  return traces;
}
