// What C programs ask for that Rust ones don't, or ask for differently: variadic functions, function
// pointers in tables, printf and scanf, qsort, malloc and its kin, static data of every kind.
// Compiled twice: for WebAssembly as it was first, and with what clang may use of later years.

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    const char *name;
    int (*act)(int count, char **words);
} act;

static int echo(int count, char **words) {
    for (int i = 0; i < count; i++) printf("%s%c", words[i], i + 1 < count ? ' ' : '\n');
    return 0;
}

// --- formatting and parsing

static int total(int count, ...) {
    va_list numbers;
    int sum = 0;
    va_start(numbers, count);
    for (int i = 0; i < count; i++) sum += va_arg(numbers, int);
    va_end(numbers);
    return sum;
}

static int format(int count, char **words) {
    (void)count, (void)words;
    printf("%d %5d|%-5d|%05d %+d %x %X %#o %u\n", -42, 42, 42, 42, 42, 48879, 48879, 8, UINT_MAX);
    printf("%lld %llu %zu %hhd %hd\n", LLONG_MIN, ULLONG_MAX, sizeof(void *), (signed char)-56, (short)4464);
    printf("%f %.2f %e %g %g %a %5.1f|%-8.3f|\n", 3.14159, 2.675, 12345.678, 1e-5, 1e20, 0.1, 9.96, -1.5);
    printf("%s|%10s|%-10s|%.3s|%c|%%\n", "word", "right", "left", "truncated", 'x');
    printf("%d %d\n", total(3, 1, 2, 3), total(0));
    char text[32];
    int written = snprintf(text, sizeof text, "%s and %s", "a long enough beginning", "an end cut off");
    printf("%d %s\n", written, text);
    int a = 0, b = 0;
    double x = 0;
    char word[16] = "";
    int fields = sscanf("17 -0x1f 2.5e3 rest of it", "%d %i %lf %15s", &a, &b, &x, word);
    printf("%d %d %d %g %s\n", fields, a, b, x, word);
    errno = 0;
    long long huge = strtoll("99999999999999999999", NULL, 10);
    printf("%lld %d\n", huge, errno == ERANGE);
    printf("%g %g %ld\n", strtod("inf", NULL), atof("-.5e-2x"), strtol("zz", NULL, 36));
    return 0;
}

// --- memory

typedef struct node {
    struct node *next;
    uint32_t value;
} node;

static int memory(int count, char **words) {
    (void)count, (void)words;
    node *list = NULL;
    uint32_t state = 12345;
    for (int i = 0; i < 20000; i++) {
        node *n = malloc(sizeof *n + i % 50);
        if (!n) return 1;
        state = state * 1664525 + 1013904223;
        *n = (node){list, state};
        list = n;
        if (i % 3 == 0) {
            node *victim = list->next;
            if (victim) list->next = victim->next;
            free(victim);
        }
    }
    uint32_t sum = 0;
    int length = 0;
    for (; list; length++) {
        node *next = list->next;
        sum = (sum << 5 | sum >> 27) ^ list->value;
        free(list);
        list = next;
    }
    printf("%d nodes, %08x\n", length, sum);

    unsigned char *block = calloc(1 << 20, 3);
    if (!block) return 1;
    for (int i = 0; i < 3 << 20; i++)
        if (block[i]) return 1;
    for (int i = 0; i < 1000; i++) block[i] = i;
    memmove(block + 100, block, 900);
    memmove(block + 1, block + 3, 990);
    memset(block + 500, 0xa5, 50);
    block = realloc(block, 10 << 20);
    if (!block) return 1;
    sum = 0;
    for (int i = 0; i < 1000; i++) sum = sum * 31 + block[i];
    printf("%08x %d\n", sum, memcmp(block, block + 101, 50) < 0);
    free(block);
    printf("%d\n", malloc((size_t)3 << 30) == NULL);
    return 0;
}

// --- order, text, tables of functions

static int by_length_then_text(const void *left, const void *right) {
    const char *l = *(const char *const *)left, *r = *(const char *const *)right;
    size_t a = strlen(l), b = strlen(r);
    return a != b ? (a > b) - (a < b) : strcmp(l, r);
}

static int sort(int count, char **words) {
    qsort(words, (size_t)count, sizeof *words, by_length_then_text);
    for (int i = 0; i < count; i++) {
        for (char *c = words[i]; *c; c++) *c = (char)toupper((unsigned char)*c);
        printf("%s %zu %d\n", words[i], strcspn(words[i], "AEIOU"), strstr(words[i], "AN") != NULL);
    }
    char line[] = "one,two,,three";
    for (char *part = strtok(line, ","); part; part = strtok(NULL, ",")) printf("<%s>", part);
    putchar('\n');
    return 0;
}

static double twice(double x) { return 2 * x; }
static double square(double x) { return x * x; }
static double half(double x) { return x / 2; }

static double (*const steps[])(double) = {twice, square, half, sqrt, floor, fabs};

static int numbers(int count, char **words) {
    double x = count > 0 ? atof(words[0]) : 1.75;
    for (int i = 0; i < 24; i++) {
        x = steps[(unsigned)(i * 7) % (sizeof steps / sizeof *steps)](x) + 0.125;
        printf("%.17g%c", x, i % 4 == 3 ? '\n' : ' ');
    }
    volatile float narrow = 1e10f;
    volatile double wide = -3.99, beyond = 1e300;
    printf("%d %u %lld %g\n", (int)wide, (unsigned)3.99f, (long long)narrow, (double)(float)beyond);
    volatile int32_t least = INT32_MIN;
    volatile int64_t large = INT64_C(0x123456789abcdef);
    volatile int8_t small = (int8_t)large;
    volatile int16_t medium = (int16_t)large;
    printf("%d %d %d %lld %lld\n", small, medium, least >> 31, large * 31, large % -1000);
    printf("%d %d %d\n", __builtin_clz(1234), __builtin_ctzll(large << 12), __builtin_popcountll(large));
    printf("%.15g %.15g %.15g\n", sin(1), pow(2, 0.5), fmod(-7.5, 2));
    return 0;
}

static int copy(int count, char **words) {
    (void)count, (void)words;
    unsigned long bytes = 0;
    uint32_t sum = 1;
    for (int c; (c = getchar()) != EOF; bytes++) {
        putchar(c);
        sum = sum * 16777619 ^ (uint32_t)c;
    }
    fprintf(stderr, "%lu bytes, %08x\n", bytes, sum);
    return ferror(stdin) != 0;
}

static int files(int count, char **words) {
    (void)count, (void)words;
    printf("%d %d\n", fopen("missing.txt", "r") == NULL, errno != 0);
    printf("%d %d\n", getenv("HOME") == NULL, isatty(1));
    printf("%d\n", time(NULL) > 1704067200);
    return 0;
}

static void say_goodbye(void) { puts("goodbye"); }

static int leave(int count, char **words) {
    atexit(say_goodbye);
    exit(count > 0 ? atoi(words[0]) : 0);
}

static int give_up(int count, char **words) {
    (void)count, (void)words;
    puts("lost, since nothing flushes it");
    abort();
}

static int was_constructed;
__attribute__((constructor)) static void construct(void) { was_constructed++; }

static const act acts[] = {
    {"echo", echo}, {"format", format}, {"memory", memory}, {"sort", sort},   {"numbers", numbers},
    {"copy", copy}, {"files", files},   {"leave", leave},   {"give-up", give_up},
};

int main(int count, char **words) {
    // A constructor that ran twice, or in the middle of a call, would be a mistake of the start-up code.
    if (was_constructed != 1) return 99;
    for (size_t i = 0; count > 1 && i < sizeof acts / sizeof *acts; i++)
        if (strcmp(words[1], acts[i].name) == 0) return acts[i].act(count - 2, words + 2);
    fprintf(stderr, "no such act\n");
    return 2;
}
