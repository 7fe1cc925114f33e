// Linked into every guest in C: how a component's callers, its adapter to WASI first of all, get memory
// of it.
//
// Without it the adapter helps itself by growing the memory. The malloc of wasi-libc
// 0.0~git20220510 takes all memory up to the end for its own when it is called first, what the adapter
// got before included, and the two write over each other.

#include <stdlib.h>

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(
    void *old, size_t old_size, size_t align, size_t new_size) {
    (void)old_size;
    // malloc aligns by 16, and nothing in the canonical ABI asks for more than 8.
    if (new_size == 0) return (void *)align;
    void *block = realloc(old, new_size);
    if (!block) abort();
    return block;
}
