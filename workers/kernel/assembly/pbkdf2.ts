// PBKDF2-HMAC-SHA256's iteration (RFC 8018, section 5.2; FIPS 180-4) from precomputed states of HMAC, for one
// password or for up to four in the lanes of vectors. protocol/pbkdf2-kernel.ts defines the memory layout:
//   K      64 words
//   inner  8 words (or vectors)    HMAC's state after its inner key block; for sha256Block the hash value
//   outer  8                       after its outer key block
//   U, T   8 each
//   W      64                      the message schedule; the block first

const inner: usize = 256;

@inline
function Sigma1(x: u32): u32 {
  return rotr(x, 6) ^ rotr(x, 11) ^ rotr(x, 25);
}

@inline
function Sigma0(x: u32): u32 {
  return rotr(x, 2) ^ rotr(x, 13) ^ rotr(x, 22);
}

/** T1 of round t, added to h. */
@inline
function first(h: u32, e: u32, f: u32, g: u32, K: usize, W: usize): u32 {
  return h + Sigma1(e) + (g ^ (e & (f ^ g))) + load<u32>(K) + load<u32>(W);
}

@inline
function second(a: u32, b: u32, c: u32): u32 {
  return Sigma0(a) + ((a & b) | (c & (a | b)));
}

/** Adds the block at W to the hash value at `from`, and writes the new value to `to`. */
function addBlock(K: usize, W: usize, from: usize, to: usize): void {
  for (let end = W + 192, w = W; w < end; w += 4) {
    const w1 = load<u32>(w, 4), w14 = load<u32>(w, 56);
    const sigma1 = rotr(w14, 17) ^ rotr(w14, 19) ^ (w14 >> 10);
    const sigma0 = rotr(w1, 7) ^ rotr(w1, 18) ^ (w1 >> 3);
    store<u32>(w, load<u32>(w) + sigma0 + load<u32>(w, 36) + sigma1, 64);
  }
  let a = load<u32>(from), b = load<u32>(from, 4), c = load<u32>(from, 8), d = load<u32>(from, 12);
  let e = load<u32>(from, 16), f = load<u32>(from, 20), g = load<u32>(from, 24), h = load<u32>(from, 28);
  for (const end = K + 256; K < end; K += 32, W += 32) {
    h = first(h, e, f, g, K, W); d += h; h += second(a, b, c);
    g = first(g, d, e, f, K + 4, W + 4); c += g; g += second(h, a, b);
    f = first(f, c, d, e, K + 8, W + 8); b += f; f += second(g, h, a);
    e = first(e, b, c, d, K + 12, W + 12); a += e; e += second(f, g, h);
    d = first(d, a, b, c, K + 16, W + 16); h += d; d += second(e, f, g);
    c = first(c, h, a, b, K + 20, W + 20); g += c; c += second(d, e, f);
    b = first(b, g, h, a, K + 24, W + 24); f += b; b += second(c, d, e);
    a = first(a, f, g, h, K + 28, W + 28); e += a; a += second(b, c, d);
  }
  store<u32>(to, a + load<u32>(from)); store<u32>(to, b + load<u32>(from, 4), 4);
  store<u32>(to, c + load<u32>(from, 8), 8); store<u32>(to, d + load<u32>(from, 12), 12);
  store<u32>(to, e + load<u32>(from, 16), 16); store<u32>(to, f + load<u32>(from, 20), 20);
  store<u32>(to, g + load<u32>(from, 24), 24); store<u32>(to, h + load<u32>(from, 28), 28);
}

/** U = hash of a message of 96 bytes: the block whose state is at `from`, and U. */
function rehash(K: usize, W: usize, from: usize, U: usize): void {
  memory.copy(W, U, 32);
  memory.fill(W + 32, 0, 32);
  store<u32>(W, 0x80000000, 32);
  store<u32>(W, 96 * 8, 60);
  addBlock(K, W, from, U);
}

/** Adds the block in W to the hash value at `inner`. */
export function sha256Block(at: usize): void {
  addBlock(at, at + inner + 128, at + inner, at + inner);
}

/** `count` iterations for one password: U = HMAC(U), T = T xor U. */
export function iterateOne(at: usize, count: u32): void {
  const outer = at + inner + 32, U = outer + 32, T = U + 32, W = T + 32;
  for (; count > 0; count--) {
    rehash(at, W, at + inner, U);
    rehash(at, W, outer, U);
    for (let i: usize = 0; i < 32; i += 4) store<u32>(T + i, load<u32>(T + i) ^ load<u32>(U + i));
  }
}

@inline
function rotate(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

@inline
function xor3(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(x, y), z);
}

@inline
function firstOfFour(h: v128, e: v128, f: v128, g: v128, K: usize, W: usize): v128 {
  const Sigma = xor3(rotate(e, 6), rotate(e, 11), rotate(e, 25));
  const Ch = v128.xor(g, v128.and(e, v128.xor(f, g)));
  const KW = i32x4.add(v128.load32_splat(K), v128.load(W));
  return i32x4.add(i32x4.add(h, Sigma), i32x4.add(Ch, KW));
}

@inline
function secondOfFour(h: v128, a: v128, b: v128, c: v128): v128 {
  const Sigma = xor3(rotate(a, 2), rotate(a, 13), rotate(a, 22));
  const Maj = v128.or(v128.and(a, b), v128.and(c, v128.or(a, b)));
  return i32x4.add(h, i32x4.add(Sigma, Maj));
}

/** Like `addBlock`, in each lane. */
function addBlocks(K: usize, W: usize, from: usize, to: usize): void {
  for (let end = W + 768, w = W; w < end; w += 16) {
    const w1 = v128.load(w, 16), w14 = v128.load(w, 224);
    const sigma1 = xor3(rotate(w14, 17), rotate(w14, 19), i32x4.shr_u(w14, 10));
    const sigma0 = xor3(rotate(w1, 7), rotate(w1, 18), i32x4.shr_u(w1, 3));
    const sum = i32x4.add(v128.load(w), v128.load(w, 144));
    v128.store(w, i32x4.add(sum, i32x4.add(sigma0, sigma1)), 256);
  }
  let a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48);
  let e = v128.load(from, 64), f = v128.load(from, 80), g = v128.load(from, 96), h = v128.load(from, 112);
  for (const end = K + 256; K < end; K += 32, W += 128) {
    h = firstOfFour(h, e, f, g, K, W); d = i32x4.add(d, h); h = secondOfFour(h, a, b, c);
    g = firstOfFour(g, d, e, f, K + 4, W + 16); c = i32x4.add(c, g); g = secondOfFour(g, h, a, b);
    f = firstOfFour(f, c, d, e, K + 8, W + 32); b = i32x4.add(b, f); f = secondOfFour(f, g, h, a);
    e = firstOfFour(e, b, c, d, K + 12, W + 48); a = i32x4.add(a, e); e = secondOfFour(e, f, g, h);
    d = firstOfFour(d, a, b, c, K + 16, W + 64); h = i32x4.add(h, d); d = secondOfFour(d, e, f, g);
    c = firstOfFour(c, h, a, b, K + 20, W + 80); g = i32x4.add(g, c); c = secondOfFour(c, d, e, f);
    b = firstOfFour(b, g, h, a, K + 24, W + 96); f = i32x4.add(f, b); b = secondOfFour(b, c, d, e);
    a = firstOfFour(a, f, g, h, K + 28, W + 112); e = i32x4.add(e, a); a = secondOfFour(a, b, c, d);
  }
  v128.store(to, i32x4.add(a, v128.load(from))); v128.store(to, i32x4.add(b, v128.load(from, 16)), 16);
  v128.store(to, i32x4.add(c, v128.load(from, 32)), 32); v128.store(to, i32x4.add(d, v128.load(from, 48)), 48);
  v128.store(to, i32x4.add(e, v128.load(from, 64)), 64); v128.store(to, i32x4.add(f, v128.load(from, 80)), 80);
  v128.store(to, i32x4.add(g, v128.load(from, 96)), 96); v128.store(to, i32x4.add(h, v128.load(from, 112)), 112);
}

function rehashFour(K: usize, W: usize, from: usize, U: usize): void {
  memory.copy(W, U, 128);
  memory.fill(W + 128, 0, 128);
  v128.store(W, i32x4.splat(0x80000000), 128);
  v128.store(W, i32x4.splat(96 * 8), 240);
  addBlocks(K, W, from, U);
}

/** Like `iterateOne`, in each lane. */
export function iterateFour(at: usize, count: u32): void {
  const outer = at + inner + 128, U = outer + 128, T = U + 128, W = T + 128;
  for (; count > 0; count--) {
    rehashFour(at, W, at + inner, U);
    rehashFour(at, W, outer, U);
    for (let i: usize = 0; i < 128; i += 16) v128.store(T + i, v128.xor(v128.load(T + i), v128.load(U + i)));
  }
}
