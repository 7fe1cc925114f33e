// The same as `program` does, as far as preview 1 goes: `write TOTAL CHUNK`, `copy CHUNK`. And `again FILE`: what becomes of a
// file with which a write has failed.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned char block[1 << 20];

static int end(const char *what, unsigned long long count, int error) {
    if (error == 0) return dprintf(2, "%s %llu\n", what, count), 0;
    return dprintf(2, "%s %llu: %s\n", what, count, strerror(error)), 3;
}

static int put(const unsigned char *bytes, size_t length, unsigned long long *done) {
    while (length != 0) {
        ssize_t written = write(1, bytes, length);
        if (written < 0) return errno;
        bytes += written;
        length -= (size_t)written;
        *done += (unsigned long long)written;
    }
    return 0;
}

static void append(int file) {
    ssize_t written = write(file, block, 5000);
    if (written < 0) printf("%s\n", strerror(errno));
    else printf("%zd\n", written);
}

static int again(const char *path) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (file < 0) return end("opened", 0, errno);
    while (write(file, block, 5000) > 0) {}
    append(file);
    append(file);
    if (ftruncate(file, 0) != 0) return end("truncated", 0, errno);
    append(file);
    append(file);
    return 0;
}

int main(int count, char **words) {
    unsigned long long done = 0, total;
    size_t chunk, length;
    int error = 0;
    if (count == 4 && strcmp(words[1], "write") == 0) {
        total = strtoull(words[2], NULL, 10);
        chunk = strtoul(words[3], NULL, 10);
        while (done < total && error == 0) {
            length = total - done < chunk ? (size_t)(total - done) : chunk;
            for (size_t i = 0; i < length; i++) block[i] = (unsigned char)((done + i) * 167 + (done + i) / 256);
            error = put(block, length, &done);
        }
        return end("wrote", done, error);
    }
    if (count == 3 && strcmp(words[1], "again") == 0) return again(words[2]);
    if (count == 3 && strcmp(words[1], "copy") == 0) {
        chunk = strtoul(words[2], NULL, 10);
        while (error == 0) {
            ssize_t got = read(0, block, chunk);
            if (got < 0) error = errno;
            if (got <= 0) break;
            error = put(block, (size_t)got, &done);
        }
        return end("copied", done, error);
    }
    return 2;
}
