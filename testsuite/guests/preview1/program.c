// A command for WASI preview 1 as its toolchain makes it: no `cabi_realloc`, and an allocator that takes
// all of the memory when it is first called. The first argument says what to do.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int constructed;
__attribute__((constructor)) static void construct(void) { constructed++; }

static void said(void) { puts("destroyed"); }

static int echo(void) {
    char block[1000];
    size_t length, sum = 0;
    while ((length = fread(block, 1, sizeof block, stdin)) != 0) {
        sum += length;
        if (fwrite(block, 1, length, stdout) != length) return 1;
    }
    fprintf(stderr, "%zu bytes\n", sum);
    return 0;
}

static int arguments(int count, char **values) {
    for (int i = 1; i < count; i++) printf("%d %s\n", i, values[i]);
    printf("HOME is %s\n", getenv("HOME") ? "set" : "not set");
    printf("constructed %d\n", constructed);
    return 0;
}

// Fills blocks around what the adapter allocates, and writes between them, which it takes part in.
static int memory(void) {
    enum { COUNT = 300, SIZE = 3000 };
    char *blocks[COUNT];
    unsigned wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        if (!(blocks[i] = malloc(SIZE))) return 1;
        memset(blocks[i], i, SIZE);
        if (i % 50 == 0) {
            printf("block %d\n", i);
            fflush(stdout);
        }
    }
    char *large = malloc(3 << 20);
    if (!large) return 1;
    memset(large, 7, 3 << 20);
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < SIZE; j++) wrong += blocks[i][j] != (char)i;
    for (int j = 0; j < 3 << 20; j++) wrong += large[j] != 7;
    printf("%u wrong\n", wrong);
    return 0;
}

static int clocks(void) {
    struct timespec before, after, resolution, nap = {0, 2000000};
    if (clock_gettime(CLOCK_MONOTONIC, &before)) return 1;
    if (nanosleep(&nap, 0)) return 2;
    if (clock_gettime(CLOCK_MONOTONIC, &after)) return 3;
    long long slept = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
    puts(slept >= 2000000 ? "slept long enough" : "woke too early");
    if (clock_getres(CLOCK_REALTIME, &resolution)) return 4;
    puts(time(0) > 1700000000 ? "after 2023" : "before 2023");
    return 0;
}

static int random_bytes(void) {
    unsigned char a[256], b[256];
    if (getentropy(a, sizeof a) || getentropy(b, sizeof b)) return 1;
    puts(memcmp(a, b, sizeof a) ? "differ" : "are the same");
    return 0;
}

static int files(void) {
    FILE *file = fopen("/etc/passwd", "r");
    printf("open: %s\n", file ? "opened" : strerror(errno));
    printf("mkdir: %s\n", mkdir("x", 0700) ? strerror(errno) : "made");
    printf("seek: %s\n", lseek(0, 0, SEEK_SET) < 0 ? strerror(errno) : "moved");
    printf("close: %s\n", close(17) ? strerror(errno) : "closed");
    printf("write: %s\n", write(42, "x", 1) < 0 ? strerror(errno) : "written");
    return 0;
}

int main(int count, char **values) {
    const char *what = count > 1 ? values[1] : "";
    if (!strcmp(what, "echo")) return echo();
    if (!strcmp(what, "arguments")) return arguments(count, values);
    if (!strcmp(what, "memory")) return memory();
    if (!strcmp(what, "clocks")) return clocks();
    if (!strcmp(what, "random")) return random_bytes();
    if (!strcmp(what, "files")) return files();
    if (!strcmp(what, "exit") && count > 2) {
        atexit(said);
        printf("leaves with %s\n", values[2]);
        exit(atoi(values[2]));
    }
    if (!strcmp(what, "_exit") && count > 2) _exit(atoi(values[2]));
    if (!strcmp(what, "abort")) abort();
    fputs("what?\n", stderr);
    return 64;
}
