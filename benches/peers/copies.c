/* The floor of `nanocc-benches copies`: the same requests, memory layout and loops as
   guests/copies.wat, with the machine's own memcpy and nothing else.

     1   memcpy from one memory into the other
     2   an ordinary call of realloc, which bumps a pointer as the guest's does; then memcpy
     11  memcpy within one memory (as `memory.copy` of ranges that don't overlap)
     12  memset within one memory */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 65 << 16, FIRST = 0x010010, SECOND = 0x120420, ARENA = 0x300140 };

static unsigned char caller[SIZE] __attribute__((aligned(4096)));
static unsigned char callee[SIZE] __attribute__((aligned(4096)));
static uint32_t top = ARENA;
static uint32_t size = SIZE;

static const unsigned char *kept(uint32_t round)
{
    return caller + (round & 1 ? SECOND : FIRST);
}

static uint32_t ends(const unsigned char *at, uint32_t bytes)
{
    return bytes ? at[0] + at[bytes - 1] : 0;
}

/* noipa: called as from another unit, neither inlined nor fitted to its one caller. */
__attribute__((noipa)) static uint32_t
reallocate(uint32_t old, uint32_t old_size, uint32_t align, uint32_t bytes)
{
    uint32_t at = (top + (align - 1)) & -align;
    uint32_t end = at + bytes;
    if (end > size)
        abort();
    top = end;
    if (old_size)
        memcpy(callee + at, callee + old, old_size);
    return at;
}

/* A round reads what it received, so that no copy can be left out. */
static uint64_t run(uint32_t operation, uint32_t bytes, uint32_t rounds)
{
    uint64_t sum = 0;
    switch (operation) {
    case 1:
        do {
            memcpy(callee + ARENA, kept(rounds), bytes);
            sum += ends(callee + ARENA, bytes);
        } while (--rounds);
        return sum;
    case 2:
        do {
            uint32_t at = reallocate(0, 0, 1, bytes);
            memcpy(callee + at, kept(rounds), bytes);
            sum += ends(callee + at, bytes);
            top = ARENA;
        } while (--rounds);
        return sum;
    case 11:
        do {
            memcpy(caller + ARENA, kept(rounds), bytes);
            sum += ends(caller + ARENA, bytes);
        } while (--rounds);
        return sum;
    case 12:
        do {
            memset(caller + ARENA, rounds, bytes);
            sum += ends(caller + ARENA, bytes);
        } while (--rounds);
        return sum;
    }
    abort();
}

static uint64_t digest(const unsigned char *at, uint32_t bytes)
{
    uint64_t hash = 0xcbf29ce484222325;
    while (bytes--)
        hash = (hash ^ *at++) * 0x100000001b3;
    return hash;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* 0 at the end of the input. */
static int receive(void *to, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t count = read(0, (char *)to + at, bytes - at);
        if (count <= 0)
            return 0;
        at += count;
    }
    return 1;
}

int main(void)
{
    struct { uint32_t operation, bytes, rounds; } request;
    while (receive(&request, sizeof request)) {
        if (request.operation == 0) {
            if (!receive(caller + FIRST, request.bytes))
                break;
            memcpy(caller + SECOND, caller + FIRST, request.bytes);
            continue;
        }
        memset(caller + ARENA, 0, request.bytes);
        memset(callee + ARENA, 0, request.bytes);
        uint64_t start = now();
        uint64_t sum = run(request.operation, request.bytes, request.rounds);
        uint64_t reply[] = { now() - start, sum,
            digest((request.operation <= 2 ? callee : caller) + ARENA, request.bytes) };
        if (write(1, reply, sizeof reply) != sizeof reply)
            return 1;
    }
    return 0;
}
