// The kernel without Node, for tests in an emulator. `kernel-driver` prints the names of its kernels;
// `kernel-driver name` replies to each line of input with the keys in hex.
//   scrypt N r p dkLen n P S [P S …]
//   pbkdf2 c dkLen n P S [P S …]
//   stretch n password email [password email …]
// Byte strings are in hex after an x.
#include <stdio.h>
#include <stdlib.h>
#include "kernel.h"

#define V_BYTES ((size_t)64 << 20)

static uint8_t inputs[2 * MAX_GROUP][2048];

static bytes read_bytes(int i) {
  static char text[4100];
  size_t length = 0;
  if (scanf(" x%4096[0-9a-f]", text) < 1) text[0] = 0;
  for (const char *at = text; *at; at += 2) {
    unsigned byte;
    sscanf(at, "%2x", &byte);
    inputs[i][length++] = (uint8_t)byte;
  }
  return (bytes){inputs[i], length};
}

int main(int argc, char **argv) {
  const kernel *k = kernels;
  if (argc < 2) {
    for (; k->isa; k++) puts(k->isa);
    return 0;
  }
  while (k->isa && strcmp(k->isa, argv[1]) != 0) k++;
  uint8_t *V = aligned_alloc(64, MAX_GROUP * V_BYTES);
  if (!k->isa || !V) return 1;

  char what[16];
  while (scanf("%15s", what) == 1) {
    uint32_t N = 0, r = 0, p = 0, c = 0, dkLen = 32, n;
    if (strcmp(what, "scrypt") == 0 && scanf("%u %u %u %u", &N, &r, &p, &dkLen) < 4) return 2;
    if (strcmp(what, "pbkdf2") == 0 && scanf("%u %u", &c, &dkLen) < 2) return 2;
    if (scanf("%u", &n) < 1 || n < 1 || n > MAX_GROUP) return 2;
    derivation group[MAX_GROUP];
    uint8_t keys[MAX_GROUP][1024];
    for (uint32_t i = 0; i < n; i++) {
      const bytes P = read_bytes(2 * (int)i), S = read_bytes(2 * (int)i + 1);
      group[i] = (derivation){P, S, {V + i * V_BYTES, V_BYTES}, {keys[i], dkLen}};
    }
    if (c) pbkdf2(k, (int)n, group, c);
    else if (N) scrypt(k, (int)n, group, N, r, p);
    else stretch(k, (int)n, group);
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t j = 0; j < dkLen; j++) printf("%02x", keys[i][j]);
      putchar(i + 1 < n ? ' ' : '\n');
    }
  }
}
