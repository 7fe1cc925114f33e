// Shorter names for what wit-bindgen declares. The types of both directions are the same, but for handles.
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef guest_string_t text;
typedef guest_list_string_t texts;
typedef guest_list_list_string_t table;
typedef guest_list_u8_t bytes;
typedef guest_list_list_f64_t matrix;
typedef guest_option_string_t maybe_text;
typedef guest_tuple12_bool_u8_s8_u16_s16_u32_s32_u64_s64_f32_f64_char32_t scalars;
typedef guest_list_tuple2_string_s64_t history;
typedef guest_list_tuple3_string_u32_u32_t counts;
typedef test_peers_kinds_point_t point;
typedef test_peers_kinds_person_t person;
typedef test_peers_kinds_shape_t shape;
typedef test_peers_kinds_mishap_t mishap;
typedef test_peers_peer_own_account_t own;
typedef test_peers_peer_borrow_account_t borrow;
typedef test_peers_peer_list_own_account_t owns;
typedef test_peers_peer_list_borrow_account_t borrows;
typedef test_peers_peer_parcel_t parcel;

// The peer that is asked, and the functions that answer.
#define ask(function) test_peers_peer_##function
#define answer(function) exports_test_peers_peer_##function

static inline void *memory(size_t count, size_t size) {
    void *block = calloc(count + 1, size);
    if (!block) abort();
    return block;
}

// A list that has its own memory.
#define of(type, list_type, ...) \
    (list_type) { (type[]){__VA_ARGS__}, sizeof((type[]){__VA_ARGS__}) / sizeof(type) }

static inline text literal(const char *s) {
    text t;
    guest_string_set(&t, s);
    return t;
}
