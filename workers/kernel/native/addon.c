// The kernel as a Node-API addon. Numbers and lengths from JavaScript are checked here or in slots.c before any access to
// memory.
#include <node_api.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "kernel.h"
#include "slots.h"

#define MAX_INPUT_BYTES 1024
#define MAX_DK_BYTES 1024
#define MAX_ARGUMENTS 8

static const kernel *chosen;

/** One call: its arguments, the group of passwords, and the first error. */
typedef struct {
  napi_env env;
  napi_value arguments[MAX_ARGUMENTS], results;
  int region;
  uint32_t n, slots[MAX_GROUP];
  message P[MAX_GROUP], S[MAX_GROUP];
  uint8_t *V[MAX_GROUP], *DK[MAX_GROUP];
  char error[120];
} call;

static call begin(napi_env env, napi_callback_info info) {
  call c = {.env = env};
  size_t count = MAX_ARGUMENTS;
  napi_get_cb_info(env, info, &count, c.arguments, NULL, NULL);
  return c;
}

static void fail(call *c, const char *format, ...) {
  if (*c->error) return;
  va_list values;
  va_start(values, format);
  vsnprintf(c->error, sizeof c->error, format, values);
  va_end(values);
}

/** Throws the error of the call, if any. Returns whether there is one. */
static bool throws(call *c) {
  if (*c->error) napi_throw_range_error(c->env, NULL, c->error);
  return *c->error;
}

static uint32_t read_integer(call *c, napi_value value, const char *name, uint32_t least, uint32_t most) {
  double number;
  if (napi_get_value_double(c->env, value, &number) == napi_ok && number >= least && number <= most &&
      number == (uint32_t)number) {
    return (uint32_t)number;
  }
  fail(c, "%s must be an integer from %u to %u", name, least, most);
  return least;
}

/** Reads an array, of the same length as the arrays before. */
static void read_array(call *c, napi_value array, const char *name, napi_value elements[MAX_GROUP]) {
  uint32_t length = 0;
  if (napi_get_array_length(c->env, array, &length) != napi_ok || length < 1 || length > MAX_GROUP) {
    fail(c, "%s must be an array of 1 to %d", name, MAX_GROUP);
    length = 0;
  } else if (c->n > 0 && length != c->n) {
    fail(c, "arrays must be of the same length");
  }
  for (uint32_t i = 0; i < length; i++) {
    if (napi_get_element(c->env, array, i, &elements[i]) != napi_ok) fail(c, "%s cannot be read", name);
  }
  if (c->n == 0) c->n = length;
}

static int read_region(call *c) {
  return (int)read_integer(c, c->arguments[0], "region", 0, INT32_MAX);
}

static uint32_t read_slot(call *c, napi_value value) {
  return read_integer(c, value, "a slot", 0, MAX_SLOTS - 1);
}

static void read_slots(call *c) {
  napi_value slots[MAX_GROUP] = {0};
  c->region = read_region(c);
  read_array(c, c->arguments[1], "slots", slots);
  for (uint32_t i = 0; i < c->n; i++) c->slots[i] = read_slot(c, slots[i]);
}

/** Takes byte strings without copying: JavaScript does not run before the end of the call. */
static void read_messages(call *c, const napi_value values[], const char *name, message messages[]) {
  for (uint32_t i = 0; i < c->n; i++) {
    napi_typedarray_type type;
    void *bytes;
    size_t length;
    if (napi_get_typedarray_info(c->env, values[i], &type, &length, &bytes, NULL, NULL) == napi_ok &&
        type == napi_uint8_array && length <= MAX_INPUT_BYTES) {
      messages[i] = (message){bytes, length, NULL, 0};
    } else {
      fail(c, "%s must be Uint8Arrays of at most %d bytes", name, MAX_INPUT_BYTES);
    }
  }
}

/** Reads passwords and salts from two arguments. Elements are read first, because a getter could run JavaScript. */
static void read_inputs(call *c, int first) {
  napi_value P[MAX_GROUP] = {0}, S[MAX_GROUP] = {0};
  read_array(c, c->arguments[first], "passwords", P);
  read_array(c, c->arguments[first + 1], "salts", S);
  read_messages(c, P, "passwords", c->P);
  read_messages(c, S, "salts", c->S);
}

/** Creates a Uint8Array of dkLen bytes for each password. */
static void create_results(call *c, size_t dkLen) {
  if (napi_create_array_with_length(c->env, c->n, &c->results) != napi_ok) fail(c, "no memory for the results");
  for (uint32_t i = 0; i < c->n && !*c->error; i++) {
    napi_value buffer, bytes;
    if (napi_create_arraybuffer(c->env, dkLen, (void **)&c->DK[i], &buffer) != napi_ok ||
        napi_create_typedarray(c->env, napi_uint8_array, dkLen, buffer, 0, &bytes) != napi_ok ||
        napi_set_element(c->env, c->results, i, bytes) != napi_ok) {
      fail(c, "no memory for the results");
    }
  }
}

/** Claims the slots of a call without errors. Otherwise it throws and returns false. */
static bool claim(call *c) {
  const char *wrong = *c->error ? NULL : claim_slots(c->region, (int)c->n, c->slots, c->V);
  if (wrong) fail(c, "%s", wrong);
  return !throws(c);
}

static void release(call *c) {
  release_slots(c->region, (int)c->n, c->slots);
}

/** mapSlots(count): region. Memory for hashes; unmapSlots gives it back. */
static napi_value map_slots(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  napi_value number = NULL;
  const uint32_t count = read_integer(&c, c.arguments[0], "the number of slots", 1, MAX_SLOTS);
  const int region = *c.error ? -1 : map_region(count);
  if (region < 0) fail(&c, "the operating system does not give so much memory");
  if (!throws(&c)) napi_create_int32(env, region, &number);
  return number;
}

/** unmapSlots(region) */
static napi_value unmap_slots(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const int region = read_region(&c);
  if (!*c.error && !unmap_region(region)) fail(&c, "there is no such region of slots");
  throws(&c);
  return NULL;
}

/** wipeSlot(region, slot) */
static napi_value wipe_slot(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  c.n = 1;
  c.region = read_region(&c);
  c.slots[0] = read_slot(&c, c.arguments[1]);
  if (!claim(&c)) return NULL;
  wipe(c.V[0], SLOT_BYTES);
  release(&c);
  return NULL;
}

/** stretch(region, slots, passwords, emails): stretchedPW of each */
static napi_value stretch_passwords(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  read_slots(&c);
  read_inputs(&c, 2);
  create_results(&c, 32);
  if (!claim(&c)) return NULL;
  stretch(chosen, (int)c.n, c.P, c.S, c.V, c.DK);
  release(&c);
  return c.results;
}

/** scrypt(region, slots, passwords, salts, N, r, p, dkLen): the key of each */
static napi_value scrypt_passwords(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  read_slots(&c);
  read_inputs(&c, 2);
  const uint32_t r = read_integer(&c, c.arguments[5], "r", 1, MAX_R);
  const uint32_t N = read_integer(&c, c.arguments[4], "N", 2, (uint32_t)(SLOT_BYTES / 128 / r));
  const uint32_t p = read_integer(&c, c.arguments[6], "p", 1, MAX_B_BYTES / 128 / r);
  const uint32_t dkLen = read_integer(&c, c.arguments[7], "dkLen", 1, MAX_DK_BYTES);
  if (N & (N - 1)) fail(&c, "N must be a power of two");
  create_results(&c, dkLen);
  if (!claim(&c)) return NULL;
  scrypt(chosen, (int)c.n, c.P, c.S, N, r, p, c.V, c.DK, dkLen);
  release(&c);
  return c.results;
}

/** pbkdf2(passwords, salts, c, dkLen): the key of each */
static napi_value pbkdf2_passwords(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  read_inputs(&c, 0);
  const uint32_t count = read_integer(&c, c.arguments[2], "c", 1, 1000000);
  const uint32_t dkLen = read_integer(&c, c.arguments[3], "dkLen", 1, MAX_DK_BYTES);
  create_results(&c, dkLen);
  if (throws(&c)) return NULL;
  pbkdf2(chosen, (int)c.n, c.P, c.S, count, c.DK, dkLen);
  return c.results;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  const char *wanted = getenv("STRETCH_ISA");
  napi_value isa = NULL, isas, name;
  uint32_t count = 0;
  napi_create_array(env, &isas);
  for (const kernel *const *k = find_kernels(); *k; k++) {
    napi_create_string_utf8(env, (*k)->name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, isas, count++, name);
    if (isa || (wanted && *wanted && strcmp(wanted, (*k)->name) != 0)) continue;
    chosen = *k;
    isa = name;
  }
  if (!isa) {
    napi_throw_error(env, NULL, "STRETCH_ISA names no instruction set of this processor");
    return NULL;
  }
#define FUNCTION(name, f) {name, NULL, f, NULL, NULL, NULL, napi_enumerable, NULL}
#define VALUE(name, value) {name, NULL, NULL, NULL, NULL, value, napi_enumerable, NULL}
  const napi_property_descriptor properties[] = {
      VALUE("isa", isa),
      VALUE("isas", isas),
      FUNCTION("mapSlots", map_slots),
      FUNCTION("unmapSlots", unmap_slots),
      FUNCTION("wipeSlot", wipe_slot),
      FUNCTION("stretch", stretch_passwords),
      FUNCTION("scrypt", scrypt_passwords),
      FUNCTION("pbkdf2", pbkdf2_passwords),
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
