// The kernel as a Node-API addon. Numbers and lengths from JavaScript are checked here or in slots.c before any access to
// memory.
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include "kernel.h"
#include "slots.h"

#define MAX_INPUT_BYTES 1024
#define MAX_DK_BYTES 1024
#define MAX_ARGUMENTS 8

static const kernel *chosen;

/** One call: its arguments, and whether an exception is already thrown. */
typedef struct {
  napi_env env;
  napi_value arguments[MAX_ARGUMENTS];
  bool failed;
} call;

static call begin(napi_env env, napi_callback_info info) {
  call c = {.env = env};
  size_t count = MAX_ARGUMENTS;
  c.failed = napi_get_cb_info(env, info, &count, c.arguments, NULL, NULL) != napi_ok;
  return c;
}

static void fail(call *c, const char *message) {
  if (!c->failed) napi_throw_range_error(c->env, NULL, message);
  c->failed = true;
}

static void fail_limits(call *c, const char *name, double least, double most) {
  char message[120];
  snprintf(message, sizeof message, "%s must be an integer from %.0f to %.0f", name, least, most);
  fail(c, message);
}

static uint32_t to_integer(call *c, napi_value value, const char *name, uint32_t least, uint32_t most) {
  double number = -1;
  if (c->failed) return least;
  if (napi_get_value_double(c->env, value, &number) == napi_ok && number >= least && number <= most) {
    const uint32_t integer = (uint32_t)number;
    if (integer == number) return integer;
  }
  fail_limits(c, name, least, most);
  return least;
}

static uint32_t array_length(call *c, napi_value array, const char *name) {
  uint32_t length = 0;
  bool is_array = false;
  if (c->failed) return 0;
  napi_is_array(c->env, array, &is_array);
  if (!is_array || napi_get_array_length(c->env, array, &length) != napi_ok || length < 1 || length > MAX_GROUP) {
    char message[120];
    snprintf(message, sizeof message, "%s must be an array of 1 to %d", name, MAX_GROUP);
    fail(c, message);
    return 0;
  }
  return length;
}

static napi_value element(call *c, napi_value array, uint32_t i) {
  napi_value value = NULL;
  if (napi_get_element(c->env, array, i, &value) != napi_ok) fail(c, "an array cannot be read");
  return value;
}

/** Reads an array of n byte strings without copying: JavaScript does not run during the call. */
static void read_messages(call *c, napi_value array, const char *name, uint32_t n, message messages[]) {
  if (array_length(c, array, name) != n) fail(c, "arrays must be of the same length");
  for (uint32_t i = 0; i < n && !c->failed; i++) {
    napi_typedarray_type type;
    void *bytes;
    size_t length;
    napi_value value = element(c, array, i);
    bool is_typed = false;
    if (!c->failed) napi_is_typedarray(c->env, value, &is_typed);
    if (!is_typed || napi_get_typedarray_info(c->env, value, &type, &length, &bytes, NULL, NULL) != napi_ok ||
        type != napi_uint8_array || length > MAX_INPUT_BYTES) {
      char message_[120];
      snprintf(message_, sizeof message_, "%s must be Uint8Arrays of at most %d bytes", name, MAX_INPUT_BYTES);
      if (!c->failed) napi_throw_type_error(c->env, NULL, message_);
      c->failed = true;
      return;
    }
    messages[i] = (message){bytes, length, NULL, 0};
  }
}

static void read_slots(call *c, napi_value array, uint32_t n, uint32_t slots[]) {
  if (array_length(c, array, "slots") != n) fail(c, "arrays must be of the same length");
  for (uint32_t i = 0; i < n && !c->failed; i++) {
    slots[i] = to_integer(c, element(c, array, i), "a slot", 0, MAX_SLOTS - 1);
  }
}

/** Claims slots for a call with valid arguments. Returns false, with an exception thrown, when it cannot. */
static bool claim(call *c, uint32_t region, uint32_t n, const uint32_t slots[], uint8_t *V[]) {
  const char *wrong = c->failed ? NULL : claim_slots((int)region, (int)n, slots, V);
  if (wrong) fail(c, wrong);
  return !c->failed;
}

/** Creates an array of n Uint8Arrays with the bytes at DK. */
static napi_value create_results(call *c, uint32_t n, size_t length, uint8_t *DK[]) {
  napi_value array = NULL;
  if (c->failed) return NULL;
  if (napi_create_array_with_length(c->env, n, &array) != napi_ok) fail(c, "no memory for the results");
  for (uint32_t i = 0; i < n && !c->failed; i++) {
    napi_value buffer, bytes;
    void *data;
    if (napi_create_arraybuffer(c->env, length, &data, &buffer) != napi_ok ||
        napi_create_typedarray(c->env, napi_uint8_array, length, buffer, 0, &bytes) != napi_ok ||
        napi_set_element(c->env, array, i, bytes) != napi_ok) {
      fail(c, "no memory for the results");
    }
    DK[i] = data;
  }
  return array;
}

/** mapSlots(count): region. Memory for hashes; unmapSlots gives it back. */
static napi_value map_slots(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  napi_value number = NULL;
  const uint32_t count = to_integer(&c, c.arguments[0], "the number of slots", 1, MAX_SLOTS);
  if (c.failed) return NULL;
  const int region = map_region(count);
  if (region < 0) fail(&c, "the operating system does not give so much memory");
  napi_create_int32(env, region, &number);
  return number;
}

/** unmapSlots(region) */
static napi_value unmap_slots(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  const uint32_t region = to_integer(&c, c.arguments[0], "region", 0, INT32_MAX);
  if (!c.failed && !unmap_region((int)region)) fail(&c, "there is no such region of slots");
  return NULL;
}

/** wipeSlot(region, slot) */
static napi_value wipe_slot(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  uint8_t *V[1];
  const uint32_t region = to_integer(&c, c.arguments[0], "region", 0, INT32_MAX);
  const uint32_t slot = to_integer(&c, c.arguments[1], "a slot", 0, MAX_SLOTS - 1);
  if (!claim(&c, region, 1, &slot, V)) return NULL;
  wipe(V[0], SLOT_BYTES);
  release_slots((int)region, 1, &slot);
  return NULL;
}

/** stretch(region, slots, passwords, emails): stretchedPW of each */
static napi_value stretch_passwords(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  uint32_t slots[MAX_GROUP];
  message passwords[MAX_GROUP], emails[MAX_GROUP];
  uint8_t *V[MAX_GROUP], *stretchedPW[MAX_GROUP];
  const uint32_t region = to_integer(&c, c.arguments[0], "region", 0, INT32_MAX);
  const uint32_t n = array_length(&c, c.arguments[1], "slots");
  read_slots(&c, c.arguments[1], n, slots);
  read_messages(&c, c.arguments[2], "passwords", n, passwords);
  read_messages(&c, c.arguments[3], "emails", n, emails);
  napi_value results = create_results(&c, n, 32, stretchedPW);
  if (!claim(&c, region, n, slots, V)) return NULL;
  stretch(chosen, (int)n, passwords, emails, V, stretchedPW);
  release_slots((int)region, (int)n, slots);
  return results;
}

/** scrypt(region, slots, passwords, salts, N, r, p, dkLen): the key of each */
static napi_value scrypt_passwords(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  uint32_t slots[MAX_GROUP];
  message P[MAX_GROUP], S[MAX_GROUP];
  uint8_t *V[MAX_GROUP], *DK[MAX_GROUP];
  const uint32_t region = to_integer(&c, c.arguments[0], "region", 0, INT32_MAX);
  const uint32_t n = array_length(&c, c.arguments[1], "slots");
  read_slots(&c, c.arguments[1], n, slots);
  read_messages(&c, c.arguments[2], "passwords", n, P);
  read_messages(&c, c.arguments[3], "salts", n, S);
  const uint32_t r = to_integer(&c, c.arguments[5], "r", 1, MAX_R);
  const uint32_t N = to_integer(&c, c.arguments[4], "N", 2, (uint32_t)(SLOT_BYTES / 128 / r));
  const uint32_t p = to_integer(&c, c.arguments[6], "p", 1, MAX_B_BYTES / 128 / r);
  const uint32_t dkLen = to_integer(&c, c.arguments[7], "dkLen", 1, MAX_DK_BYTES);
  if (N & (N - 1)) fail(&c, "N must be a power of two");
  napi_value results = create_results(&c, n, dkLen, DK);
  if (!claim(&c, region, n, slots, V)) return NULL;
  scrypt(chosen, (int)n, P, S, N, r, p, V, DK, dkLen);
  release_slots((int)region, (int)n, slots);
  return results;
}

/** pbkdf2(passwords, salts, c, dkLen): the key of each */
static napi_value pbkdf2_passwords(napi_env env, napi_callback_info info) {
  call c = begin(env, info);
  message P[MAX_GROUP], S[MAX_GROUP];
  uint8_t *DK[MAX_GROUP];
  const uint32_t n = array_length(&c, c.arguments[0], "passwords");
  read_messages(&c, c.arguments[0], "passwords", n, P);
  read_messages(&c, c.arguments[1], "salts", n, S);
  const uint32_t count = to_integer(&c, c.arguments[2], "c", 1, 1000000);
  const uint32_t dkLen = to_integer(&c, c.arguments[3], "dkLen", 1, MAX_DK_BYTES);
  napi_value results = create_results(&c, n, dkLen, DK);
  if (!c.failed) pbkdf2(chosen, (int)n, P, S, count, DK, dkLen);
  return results;
}

/** The fastest kernel, or the one that STRETCH_ISA names. */
static const kernel *choose_kernel(void) {
  const char *wanted = getenv("STRETCH_ISA");
  const kernel *const *k = find_kernels();
  if (!wanted || !*wanted) return *k;
  while (*k && strcmp((*k)->name, wanted) != 0) k++;
  return *k;
}

static napi_value kernel_names(napi_env env) {
  napi_value names, name;
  uint32_t i = 0;
  napi_create_array(env, &names);
  for (const kernel *const *k = find_kernels(); *k; k++) {
    napi_create_string_utf8(env, (*k)->name, NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, i++, name);
  }
  return names;
}

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */) {
  chosen = choose_kernel();
  if (!chosen) {
    napi_throw_error(env, NULL, "STRETCH_ISA names no instruction set of this processor");
    return NULL;
  }
  napi_value kernel_name;
  napi_create_string_utf8(env, chosen->name, NAPI_AUTO_LENGTH, &kernel_name);
  const napi_property_descriptor properties[] = {
      {"isa", NULL, NULL, NULL, NULL, kernel_name, napi_enumerable, NULL},
      {"isas", NULL, NULL, NULL, NULL, kernel_names(env), napi_enumerable, NULL},
      {"mapSlots", NULL, map_slots, NULL, NULL, NULL, napi_enumerable, NULL},
      {"unmapSlots", NULL, unmap_slots, NULL, NULL, NULL, napi_enumerable, NULL},
      {"wipeSlot", NULL, wipe_slot, NULL, NULL, NULL, napi_enumerable, NULL},
      {"stretch", NULL, stretch_passwords, NULL, NULL, NULL, napi_enumerable, NULL},
      {"scrypt", NULL, scrypt_passwords, NULL, NULL, NULL, napi_enumerable, NULL},
      {"pbkdf2", NULL, pbkdf2_passwords, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties);
  return exports;
}
