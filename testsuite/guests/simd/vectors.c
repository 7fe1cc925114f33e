// What a compiler makes of vectors: loops that it vectorises, and the intrinsics of a program written for
// them. Reads bytes, prints digests of what each kernel makes of them.

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wasm_simd128.h>

enum { SIZE = 1 << 16 };
static uint8_t in[SIZE], out[SIZE];
static int32_t words[SIZE / 4];
static float floats[SIZE / 4], more[SIZE / 4];
static double doubles[SIZE / 8];

static uint64_t digest(const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    uint64_t hash = 0xcbf29ce484222325;
    while (size--) hash = (hash ^ *at++) * 0x100000001b3;
    return hash;
}

static void say(const char *name, const void *bytes, size_t size) {
    printf("%s %016llx\n", name, (unsigned long long)digest(bytes, size));
}

// --- left to the compiler

__attribute__((noinline)) static void grey(const uint8_t *rgb, uint8_t *to, size_t pixels) {
    for (size_t i = 0; i < pixels; i++) to[i] = (77 * rgb[3 * i] + 150 * rgb[3 * i + 1] + 29 * rgb[3 * i + 2]) >> 8;
}

__attribute__((noinline)) static void contrast(uint8_t *at, size_t size) {
    for (size_t i = 0; i < size; i++) {
        int value = (at[i] - 128) * 3 / 2 + 128;
        at[i] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
}

__attribute__((noinline)) static int64_t sum(const int8_t *at, size_t size) {
    int64_t total = 0;
    for (size_t i = 0; i < size; i++) total += at[i];
    return total;
}

__attribute__((noinline)) static void axpy(float a, const float *x, float *y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] += a * x[i];
}

__attribute__((noinline)) static void convert(const int32_t *from, double *to, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = from[i] / 3.0;
}

__attribute__((noinline)) static void mix(int32_t *at, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t v = (uint32_t)at[i];
        v ^= v >> 15, v *= 0x2c1b3c6d, v ^= v >> 12;
        at[i] = (int32_t)(v < 0x80000000 ? v : ~v);
    }
}

// --- by hand

static size_t find(const uint8_t *at, size_t size, uint8_t byte) {
    v128_t wanted = wasm_i8x16_splat((int8_t)byte);
    for (size_t i = 0; i + 16 <= size; i += 16) {
        uint32_t mask = (uint32_t)wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(at + i), wanted));
        if (mask) return i + (size_t)__builtin_ctz(mask);
    }
    return size;
}

static void hex(const uint8_t *from, uint8_t *to, size_t size) {
    v128_t digits = wasm_i8x16_const('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
    for (size_t i = 0; i + 16 <= size; i += 16) {
        v128_t v = wasm_v128_load(from + i);
        v128_t high = wasm_i8x16_swizzle(digits, wasm_u8x16_shr(v, 4));
        v128_t low = wasm_i8x16_swizzle(digits, wasm_v128_and(v, wasm_i8x16_splat(15)));
        wasm_v128_store(to + 2 * i, wasm_i8x16_shuffle(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
        wasm_v128_store(to + 2 * i + 16, wasm_i8x16_shuffle(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    }
}

static int32_t dot(const uint8_t *a, const uint8_t *b, size_t size) {
    v128_t total = wasm_i32x4_const(0, 0, 0, 0);
    for (size_t i = 0; i + 16 <= size; i += 16)
        total = wasm_i32x4_add(total, wasm_i32x4_dot_i16x8(wasm_v128_load(a + i), wasm_v128_load(b + i)));
    return wasm_i32x4_extract_lane(total, 0) ^ wasm_i32x4_extract_lane(total, 1) ^
           wasm_i32x4_extract_lane(total, 2) ^ wasm_i32x4_extract_lane(total, 3);
}

int main(void) {
    size_t size = fread(in, 1, SIZE, stdin);
    printf("%zu\n", size);
    grey(in, out, size / 3);
    say("grey", out, size / 3);
    contrast(out, size / 3);
    say("contrast", out, size / 3);
    printf("sum %lld\n", (long long)sum((const int8_t *)in, size));
    memcpy(words, in, size);
    mix(words, size / 4);
    say("mix", words, size);
    for (size_t i = 0; i < size / 4; i++) floats[i] = (float)words[i], more[i] = (float)in[i];
    axpy(0.3f, floats, more, size / 4);
    say("axpy", more, size);
    convert(words, doubles, size / 8);
    say("convert", doubles, size);
    // At every alignment.
    for (size_t i = 0; i < 16; i++) printf("find %zu\n", find(in + i, size - i, (uint8_t)(i * 37)));
    hex(in + 3, out, size / 4);
    say("hex", out, size / 2);
    printf("dot %d\n", dot(in + 1, in + 7, size - 7));
    return 0;
}
