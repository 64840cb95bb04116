/** Copies `size` bytes of 64-byte blocks: word i of a block becomes word 5i mod 16 of the RFC's block. */
export function toDiagonals(from: usize, to: usize, size: usize): void {
  for (const end = from + size; from < end; from += 64, to += 64) {
    for (let i: usize = 0; i < 16; i++) store<u32>(to + (i << 2), load<u32>(from + (((i * 5) & 15) << 2)));
  }
}

export function fromDiagonals(from: usize, to: usize, size: usize): void {
  for (const end = from + size; from < end; from += 64, to += 64) {
    for (let i: usize = 0; i < 16; i++) store<u32>(to + (((i * 5) & 15) << 2), load<u32>(from + (i << 2)));
  }
}
