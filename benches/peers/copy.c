// Copies in blocks of 64 KiB: `stdio`, or `files FROM TO`.

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char block[65536];

int main(int count, char **words) {
    int from = 0, to = 1;
    if (count == 4 && strcmp(words[1], "files") == 0) {
        from = open(words[2], O_RDONLY);
        to = open(words[3], O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (from < 0 || to < 0) return perror("open"), 1;
    } else if (count != 2 || strcmp(words[1], "stdio") != 0) {
        return 2;
    }
    for (;;) {
        ssize_t got = read(from, block, sizeof block);
        if (got < 0) return perror("read"), 1;
        if (got == 0) return 0;
        for (ssize_t done = 0; done < got;) {
            ssize_t written = write(to, block + done, (size_t)(got - done));
            if (written < 0) return perror("write"), 1;
            done += written;
        }
    }
}
