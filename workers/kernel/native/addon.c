// The kernel as a Node-API addon. Its functions take numbers, then four Uint8Arrays for each password: P, S, V and DK
// (RFC 7914). All are checked here before any access to memory. No JavaScript runs during a call.
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "kernel.h"

#define MAX_INPUT_BYTES 1024
#define MAX_DK_BYTES 1024
#define MAX_NUMBERS 3
/** Of WebAssembly: a multiple of the processor's pages. */
#define PAGE_BYTES 65536

static const kernel *chosen;

typedef struct {
  napi_env env;
  size_t count;
  napi_value arguments[MAX_NUMBERS + 4 * MAX_GROUP];
  int n;
  derivation group[MAX_GROUP];
  /** Length of every DK. The first one determines it if it is zero. */
  size_t dkLen;
  /** The first error, or an empty string. */
  char error[100];
} call;

#define FAIL(c, ...) \
  if (!*(c)->error) snprintf((c)->error, sizeof(c)->error, __VA_ARGS__)

static call begin(napi_env env, napi_callback_info info) {
  call c = {.env = env, .count = MAX_NUMBERS + 4 * MAX_GROUP};
  napi_get_cb_info(env, info, &c.count, c.arguments, NULL, NULL);
  return c;
}

static uint32_t read_integer(call *c, int i, const char *name, uint32_t least, uint32_t most) {
  double number;
  if (napi_get_value_double(c->env, c->arguments[i], &number) == napi_ok && number >= least && number <= most &&
      number == (uint32_t)number) {
    return (uint32_t)number;
  }
  FAIL(c, "%s must be an integer from %u to %u", name, least, most);
  return least;
}

static message read_bytes(call *c, size_t i, const char *name, size_t least, size_t most) {
  napi_typedarray_type type;
  void *bytes;
  size_t length;
  if (napi_get_typedarray_info(c->env, c->arguments[i], &type, &length, &bytes, NULL, NULL) != napi_ok ||
      type != napi_uint8_array || length < least || length > most) {
    FAIL(c, "%s must be a Uint8Array of %zu to %zu bytes", name, least, most);
    return (message){0};
  }
  return (message){bytes, length, NULL, 0};
}

/** Reads the arrays of each password, after some numbers. Returns whether the call is valid, otherwise it throws. */
static int read_group(call *c, size_t numbers, size_t v_bytes) {
  c->n = (int)((c->count - numbers) / 4);
  if (c->count < numbers + 4 || c->count != numbers + 4 * (size_t)c->n || c->n > MAX_GROUP) {
    FAIL(c, "four arrays each are needed for one to %d passwords", MAX_GROUP);
    c->n = 0;
  }
  for (int i = 0; i < c->n; i++) {
    const size_t at = numbers + 4 * (size_t)i;
    const message V = read_bytes(c, at + 2, "V", v_bytes, SIZE_MAX), DK = read_bytes(c, at + 3, "DK", 1, MAX_DK_BYTES);
    c->group[i] = (derivation){
        .P = read_bytes(c, at, "P", 0, MAX_INPUT_BYTES),
        .S = read_bytes(c, at + 1, "S", 0, MAX_INPUT_BYTES),
        .V = (uint8_t *)V.head,
        .DK = (uint8_t *)DK.head,
    };
    if (c->dkLen == 0) c->dkLen = DK.head_length;
    if (DK.head_length != c->dkLen) FAIL(c, "every DK must have %zu bytes", c->dkLen);
    if ((uintptr_t)V.head % 64 != 0 && v_bytes > 0) FAIL(c, "V must begin at a multiple of 64 bytes");
    for (int j = 0; j < i; j++) {
      const uintptr_t a = (uintptr_t)c->group[i].V, b = (uintptr_t)c->group[j].V;
      if ((a < b ? b - a : a - b) < v_bytes) FAIL(c, "every password needs a V of its own");
    }
  }
  if (*c->error) napi_throw_range_error(c->env, NULL, c->error);
  return !*c->error;
}

/** Reads V for madvise, which rounds its length up to whole pages. */
static message read_pages(call *c) {
  const message V = read_bytes(c, 0, "V", 0, SIZE_MAX);
  if ((uintptr_t)V.head % PAGE_BYTES != 0 || V.head_length % PAGE_BYTES != 0) FAIL(c, "V must consist of whole pages");
  if (*c->error) napi_throw_range_error(c->env, NULL, c->error);
  return *c->error ? (message){0} : V;
}

/** prepareMemory(V): asks for huge pages, and keeps the memory out of core dumps. */
static napi_value js_prepare_memory(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const message V = read_pages(&c);
#ifdef __linux__
  madvise((void *)V.head, V.head_length, MADV_HUGEPAGE);
  madvise((void *)V.head, V.head_length, MADV_DONTDUMP);
#endif
  return NULL;
}

/** releaseMemory(V): gives the memory back to the operating system. V then reads as zeros. */
static napi_value js_release_memory(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const message V = read_pages(&c);
#ifdef __linux__
  madvise((void *)V.head, V.head_length, MADV_DONTNEED);
#endif
  return NULL;
}

/** stretch(…arrays): S is the email. */
static napi_value js_stretch(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  c.dkLen = 32;
  if (read_group(&c, 0, (size_t)128 * 8 * 65536)) stretch(chosen, c.n, c.group);
  return NULL;
}

/** scrypt(N, r, p, …arrays) */
static napi_value js_scrypt(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const uint32_t N = read_integer(&c, 0, "N", 2, 1 << 24), r = read_integer(&c, 1, "r", 1, MAX_R);
  const uint32_t p = read_integer(&c, 2, "p", 1, MAX_B_BYTES / 128 / r);
  if (N & (N - 1)) FAIL(&c, "N must be a power of two");
  if (read_group(&c, 3, (size_t)128 * r * N)) scrypt(chosen, c.n, c.group, N, r, p, c.dkLen);
  return NULL;
}

/** pbkdf2(c, …arrays): V is not used and can be empty. */
static napi_value js_pbkdf2(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const uint32_t iterations = read_integer(&c, 0, "c", 1, 1000000);
  if (read_group(&c, 1, 0)) pbkdf2(chosen, c.n, c.group, iterations, c.dkLen);
  return NULL;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  const char *wanted = getenv("STRETCH_ISA");
  napi_value isa = NULL, isas, name;
  napi_create_array(env, &isas);
  for (uint32_t i = 0; *kernels[i].isa; i++) {
    napi_create_string_utf8(env, kernels[i].isa, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, isas, i, name);
    if (isa || (wanted && *wanted && strcmp(wanted, kernels[i].isa) != 0)) continue;
    chosen = &kernels[i];
    isa = name;
  }
  if (!isa) {
    napi_throw_error(env, NULL, "STRETCH_ISA names no instruction set of this processor");
    return NULL;
  }
#define PROPERTY(name, function, value) {name, NULL, function, NULL, NULL, value, napi_enumerable, NULL}
  const napi_property_descriptor properties[] = {
      PROPERTY("isa", NULL, isa),
      PROPERTY("isas", NULL, isas),
      PROPERTY("prepareMemory", js_prepare_memory, NULL),
      PROPERTY("releaseMemory", js_release_memory, NULL),
      PROPERTY("stretch", js_stretch, NULL),
      PROPERTY("scrypt", js_scrypt, NULL),
      PROPERTY("pbkdf2", js_pbkdf2, NULL),
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
