// The kernel as a Node-API addon. Its functions take numbers, then four Uint8Arrays for each password: P, S, V and DK
// (RFC 7914). All are checked here before any access to memory. No JavaScript runs during a call.
#include <node_api.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "kernel.h"

#define MAX_NUMBERS 3
/** Of WebAssembly: a multiple of the processor's pages. */
#define PAGE_BYTES 65536

static const kernel *chosen;

/** The arguments of a call, and the passwords that they describe. */
typedef struct {
  napi_env env;
  size_t count;
  napi_value arguments[MAX_NUMBERS + 4 * MAX_GROUP];
  int n;
  derivation group[MAX_GROUP];
  /** Whether no check has failed. */
  bool valid;
} call;

static call begin(napi_env env, napi_callback_info info) {
  call c = {.env = env, .count = MAX_NUMBERS + 4 * MAX_GROUP, .valid = true};
  napi_get_cb_info(env, info, &c.count, c.arguments, NULL, NULL);
  return c;
}

/** Throws a RangeError for the first condition that is false. */
static void require(call *c, bool condition, const char *format, ...) {
  if (condition || !c->valid) return;
  char message[100];
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  napi_throw_range_error(c->env, NULL, message);
  c->valid = false;
}

static uint32_t read_integer(call *c, size_t i, const char *name, uint32_t least, uint32_t most) {
  double number;
  const bool valid = napi_get_value_double(c->env, c->arguments[i], &number) == napi_ok && number >= least &&
                     number <= most && number == (uint32_t)number;
  require(c, valid, "%s must be an integer from %u to %u", name, least, most);
  return valid ? (uint32_t)number : least;
}

static bytes read_bytes(call *c, size_t i, const char *name, size_t least, size_t most) {
  napi_typedarray_type type;
  void *at = NULL;
  size_t length = 0;
  const bool valid = napi_get_typedarray_info(c->env, c->arguments[i], &type, &length, &at, NULL, NULL) == napi_ok &&
                     type == napi_uint8_array && length >= least && length <= most;
  require(c, valid, "%s must be a Uint8Array of %zu to %zu bytes", name, least, most);
  return (bytes){at, length};
}

/** Reads the arrays of each password, after some numbers. DK has dkLen bytes, or any equal length if that is zero. */
static bool read_group(call *c, size_t numbers, size_t v_bytes, size_t dkLen) {
  c->n = (int)((c->count - numbers) / 4);
  const bool complete = c->count >= numbers + 4 && c->count == numbers + 4 * (size_t)c->n && c->n <= MAX_GROUP;
  require(c, complete, "four arrays each are needed for one to %d passwords", MAX_GROUP);
  for (int i = 0; i < c->n && c->valid; i++) {
    const size_t at = numbers + 4 * (size_t)i;
    derivation *d = &c->group[i];
    d->P = read_bytes(c, at, "P", 0, MAX_BYTES);
    d->S = read_bytes(c, at + 1, "S", 0, MAX_BYTES);
    d->V = read_bytes(c, at + 2, "V", v_bytes, SIZE_MAX);
    d->DK = read_bytes(c, at + 3, "DK", 1, MAX_BYTES);
    if (dkLen == 0) dkLen = d->DK.length;
    require(c, d->DK.length == dkLen, "every DK must have %zu bytes", dkLen);
    require(c, (uintptr_t)d->V.at % 64 == 0 || v_bytes == 0, "V must begin at a multiple of 64 bytes");
    for (int j = 0; j < i; j++) {
      const uintptr_t a = (uintptr_t)d->V.at, b = (uintptr_t)c->group[j].V.at;
      require(c, (a < b ? b - a : a - b) >= v_bytes, "every password needs a V of its own");
    }
  }
  return c->valid;
}

/** Wipes the stack of functions that have returned. */
static __attribute__((noinline)) void wipe_stack(void) {
  uint8_t frames[192 << 10];
  memset(frames, 0, sizeof frames);
  // The compiler cannot remove the memset: this may read the frames.
  __asm__ volatile("" : : "r"(frames) : "memory");
}

/** stretch(…arrays): S is the email. */
static napi_value js_stretch(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  if (read_group(&c, 0, (size_t)128 * 8 * 65536, 32)) stretch(chosen, c.n, c.group);
  wipe_stack();
  return NULL;
}

/** scrypt(N, r, p, …arrays) */
static napi_value js_scrypt(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const uint32_t N = read_integer(&c, 0, "N", 2, 1 << 24), r = read_integer(&c, 1, "r", 1, MAX_R);
  const uint32_t p = read_integer(&c, 2, "p", 1, MAX_B_BYTES / 128 / r);
  require(&c, !(N & (N - 1)), "N must be a power of two");
  if (read_group(&c, 3, (size_t)128 * r * N, 0)) scrypt(chosen, c.n, c.group, N, r, p);
  wipe_stack();
  return NULL;
}

/** pbkdf2(c, …arrays): V is not used and can be empty. */
static napi_value js_pbkdf2(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const uint32_t iterations = read_integer(&c, 0, "c", 1, 1000000);
  if (read_group(&c, 1, 0, 0)) pbkdf2(chosen, c.n, c.group, iterations);
  wipe_stack();
  return NULL;
}

/** resetMemory(V): V reads as zeros and takes no memory until it is written, in huge pages and without core dumps. */
static napi_value js_reset_memory(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const bytes V = read_bytes(&c, 0, "V", 0, SIZE_MAX);
  // madvise rounds a length up to whole pages.
  const bool whole = (uintptr_t)V.at % PAGE_BYTES == 0 && V.length % PAGE_BYTES == 0;
  require(&c, whole, "V must consist of whole pages");
#ifdef __linux__
  const int advice[] = {MADV_HUGEPAGE, MADV_DONTDUMP, MADV_DONTNEED};
  for (int i = 0; i < 3 && c.valid; i++) madvise(V.at, V.length, advice[i]);
#endif
  return NULL;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  const char *wanted = getenv("STRETCH_ISA");
  napi_value isa = NULL, isas, name;
  napi_create_array(env, &isas);
  for (uint32_t i = 0; kernels[i].isa; i++) {
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
      PROPERTY("resetMemory", js_reset_memory, NULL),
      PROPERTY("stretch", js_stretch, NULL),
      PROPERTY("scrypt", js_scrypt, NULL),
      PROPERTY("pbkdf2", js_pbkdf2, NULL),
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
