// What programs do with files, by way of preview 1: every call of wasi-libc that becomes a call for the
// file system. Nothing that differs between two right runs is printed: no time of now, no inode.
//
// It finds the fixture of testsuite/guests/wasi: `/files` and `/other` to change, `/fixed` to read.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static const char *name_of(int error) {
    switch (error) {
    case 0: return "ok";
    case EACCES: return "EACCES";
    case EBADF: return "EBADF";
    case EEXIST: return "EEXIST";
    case EINVAL: return "EINVAL";
    case EISDIR: return "EISDIR";
    case ELOOP: return "ELOOP";
    case ENAMETOOLONG: return "ENAMETOOLONG";
    case ENOENT: return "ENOENT";
    case ENOTCAPABLE: return "ENOTCAPABLE";
    case ENOTDIR: return "ENOTDIR";
    case ENOTEMPTY: return "ENOTEMPTY";
    case EPERM: return "EPERM";
    case EROFS: return "EROFS";
    default: return strerror(error);
    }
}

// Says what a call came to: its value, or its error.
static long say(const char *what, long value) {
    if (value == -1) printf("%s: %s\n", what, name_of(errno));
    else printf("%s: %ld\n", what, value);
    return value;
}

// Says whether a call worked, where its value is nobody's business.
static long did(const char *what, long value) {
    printf("%s: %s\n", what, value == -1 ? name_of(errno) : "ok");
    return value;
}

static void show_stat(const char *what, int result, const struct stat *is) {
    if (result == -1) {
        printf("%s: %s\n", what, name_of(errno));
        return;
    }
    const char *type = S_ISREG(is->st_mode)   ? "file"
                       : S_ISDIR(is->st_mode) ? "directory"
                       : S_ISLNK(is->st_mode) ? "link"
                                              : "something";
    if (S_ISDIR(is->st_mode)) printf("%s: %s\n", what, type);
    else printf("%s: %s, %lld bytes, %lld links\n", what, type, (long long)is->st_size, (long long)is->st_nlink);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
    DIR *directory = opendir(path);
    if (directory == NULL) {
        printf("list %s: %s\n", path, name_of(errno));
        return;
    }
    char *names[1000];
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)) != NULL && count < 1000) {
        // Whether these are among the entries is each implementation's own.
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        names[count++] = strdup(entry->d_name);
    }
    rewinddir(directory);
    size_t again = 0;
    while ((entry = readdir(directory)) != NULL) again += entry->d_name[0] != '.';
    closedir(directory);
    qsort(names, count, sizeof *names, by_name);
    printf("list %s: %zu, again %zu:", path, count, again);
    for (size_t i = 0; i < count; i++) {
        if (i < 20) printf(" %s", names[i]);
        free(names[i]);
    }
    putchar('\n');
}

static void print_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        printf("print %s: %s\n", path, name_of(errno));
        return;
    }
    char line[200];
    while (fgets(line, sizeof line, file) != NULL) printf("print %s: %s", path, line);
    fclose(file);
}

static void copy(const char *from, const char *to) {
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    if (in == NULL || out == NULL) {
        printf("copy %s to %s: %s\n", from, to, name_of(errno));
        return;
    }
    char block[4096];
    size_t length, sum = 0, check = 0;
    while ((length = fread(block, 1, sizeof block, in)) != 0) {
        sum += length;
        for (size_t i = 0; i < length; i++) check = check * 31 + (unsigned char)block[i];
        if (fwrite(block, 1, length, out) != length) printf("short write\n");
    }
    fclose(in);
    printf("copy %s to %s: %zu bytes, %zx, closed %d\n", from, to, sum, check, fclose(out));
}

static void contents(void) {
    print_file("/files/hello.txt");
    print_file("/files/link");
    print_file("/files/absent");
    copy("/files/data.bin", "/files/copy.bin");
    copy("/files/copy.bin", "/other/copy.bin");
    copy("/files/hello.txt", "/fixed/copy.txt");
    int file = open("/files/new.txt", O_CREAT | O_EXCL | O_RDWR, 0666);
    did("create", file);
    say("write", write(file, "0123456789", 10));
    say("seek", lseek(file, 4, SEEK_SET));
    say("write", write(file, "abc", 3));
    say("seek from here", lseek(file, -2, SEEK_CUR));
    char text[20] = {0};
    say("read", read(file, text, 5));
    printf("it: %s\n", text);
    say("seek from the end", lseek(file, -3, SEEK_END));
    say("seek before the start", lseek(file, -1, SEEK_SET));
    say("write there", pwrite(file, "ZZ", 2, 12));
    memset(text, 0, sizeof text);
    say("read there", pread(file, text, 3, 3));
    printf("it: %s\n", text);
    say("where", lseek(file, 0, SEEK_CUR));
    did("truncate", ftruncate(file, 5));
    did("sync", fsync(file));
    did("sync data", fdatasync(file));
    did("advise", posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL) == 0 ? 0 : -1);
    struct stat is;
    show_stat("stat", fstat(file, &is), &is);
    did("close", close(file));
    did("close again", close(file));
    did("create again", open("/files/new.txt", O_CREAT | O_EXCL | O_RDWR, 0666));
    file = open("/files/new.txt", O_WRONLY | O_APPEND);
    say("append", write(file, "-more", 5));
    say("seek", lseek(file, 0, SEEK_SET));
    say("append", write(file, "-end", 4));
    printf("appends: %d\n", (fcntl(file, F_GETFL) & O_APPEND) != 0);
    say("read what is written only", read(file, text, 1));
    close(file);
    print_file("/files/new.txt");
    putchar('\n');
    file = open("/files/new.txt", O_RDONLY);
    say("write what is read only", write(file, "x", 1));
    close(file);
    file = open("/files/new.txt", O_WRONLY | O_TRUNC);
    show_stat("truncated", fstat(file, &is), &is);
    say("write", write(file, "01234", 5));
    say("seek", lseek(file, 0, SEEK_SET));
    say("write", write(file, "a", 1));
    did("append from now on", fcntl(file, F_SETFL, O_APPEND));
    say("append", write(file, "b", 1));
    did("and no longer", fcntl(file, F_SETFL, 0));
    say("seek", lseek(file, 1, SEEK_SET));
    say("write", write(file, "c", 1));
    close(file);
    print_file("/files/new.txt");
    putchar('\n');
    close(open("/files/new.txt", O_WRONLY | O_TRUNC));
}

static void names(void) {
    struct stat is;
    did("make a directory", mkdir("/files/made", 0777));
    did("make it again", mkdir("/files/made", 0777));
    did("remove a directory that is full", rmdir("/files/sub"));
    did("rename", rename("/files/new.txt", "/files/made/moved.txt"));
    did("rename what is gone", rename("/files/new.txt", "/files/made/moved.txt"));
    did("rename elsewhere", rename("/files/made/moved.txt", "/other/moved.txt"));
    did("rename back", rename("/other/moved.txt", "/files/made/moved.txt"));
    did("link", link("/files/made/moved.txt", "/files/made/second.txt"));
    show_stat("linked", stat("/files/made/second.txt", &is), &is);
    did("link symbolically", symlink("moved.txt", "/files/made/link"));
    char target[100] = {0};
    say("read the link", readlink("/files/made/link", target, sizeof target));
    printf("it: %s\n", target);
    show_stat("lstat", lstat("/files/made/link", &is), &is);
    show_stat("stat", stat("/files/made/link", &is), &is);
    list("/files/made");
    did("unlink", unlink("/files/made/second.txt"));
    did("unlink a directory", unlink("/files/made"));
    did("unlink the link", unlink("/files/made/link"));
    did("unlink", unlink("/files/made/moved.txt"));
    did("remove the directory", rmdir("/files/made"));
    show_stat("it is gone", stat("/files/made", &is), &is);
    list("/files/sub");
    list("/files/many");
    list("/files/hello.txt");
    list("/files/absent");
    show_stat("a file", stat("/files/hello.txt", &is), &is);
    show_stat("a directory", stat("/files/sub", &is), &is);
    did("may be read", access("/files/hello.txt", R_OK));
    did("is there", access("/files/absent", F_OK));
}

static void times(void) {
    struct timespec both[2] = {{.tv_sec = 1000000000, .tv_nsec = 7}, {.tv_sec = 1100000000, .tv_nsec = 8}};
    struct stat is;
    did("set times", utimensat(AT_FDCWD, "/files/hello.txt", both, 0));
    if (stat("/files/hello.txt", &is) == 0)
        printf("times: %lld.%09ld %lld.%09ld\n", (long long)is.st_atim.tv_sec, is.st_atim.tv_nsec,
               (long long)is.st_mtim.tv_sec, is.st_mtim.tv_nsec);
    int file = open("/files/hello.txt", O_RDWR);
    both[0].tv_nsec = UTIME_OMIT;
    both[1].tv_sec = 5;
    did("set one", futimens(file, both));
    if (fstat(file, &is) == 0)
        printf("times: %lld.%09ld %lld.%09ld\n", (long long)is.st_atim.tv_sec, is.st_atim.tv_nsec,
               (long long)is.st_mtim.tv_sec, is.st_mtim.tv_nsec);
    close(file);
}

// What wasn't granted.
static void hostile(void) {
    struct stat is;
    print_file("/etc/passwd");
    print_file("/files/outside");
    print_file("/files/to-secret");
    print_file("/files/../secret/secret.txt");
    print_file("/files/sub/../../secret/secret.txt");
    print_file("/secret/secret.txt");
    print_file("secret/secret.txt");
    list("/");
    list("/files/above");
    list("/files/..");
    show_stat("above", stat("/files/..", &is), &is);
    puts("== fixed");
    did("create in what is fixed", open("/fixed/new.txt", O_CREAT | O_WRONLY, 0666));
    did("write what is fixed", open("/fixed/note.txt", O_WRONLY));
    did("truncate what is fixed", open("/fixed/note.txt", O_RDONLY | O_TRUNC));
    did("append to what is fixed", open("/fixed/note.txt", O_WRONLY | O_APPEND));
    did("make a directory there", mkdir("/fixed/made", 0777));
    did("remove one there", rmdir("/fixed/folder"));
    did("unlink there", unlink("/fixed/note.txt"));
    did("rename there", rename("/fixed/note.txt", "/fixed/renamed.txt"));
    did("rename from there", rename("/fixed/note.txt", "/files/renamed.txt"));
    did("rename to there", rename("/files/hello.txt", "/fixed/hello.txt"));
    did("link there", link("/fixed/note.txt", "/fixed/second.txt"));
    did("link from there", link("/fixed/note.txt", "/files/second.txt"));
    did("link to there", link("/files/hello.txt", "/fixed/hello.txt"));
    did("link symbolically there", symlink("note.txt", "/fixed/new-link"));
    struct timespec both[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    did("set times there", utimensat(AT_FDCWD, "/fixed/note.txt", both, 0));
    puts("== a file that is open");
    int file = open("/fixed/note.txt", O_RDONLY);
    did("open to read", file);
    say("write", write(file, "x", 1));
    did("truncate", ftruncate(file, 0));
    did("set times", futimens(file, both));
    close(file);
    did("rename out of what is granted", rename("/files/hello.txt", "/files/../secret/hello.txt"));
    did("link out of it", link("/files/hello.txt", "/files/../secret/hello.txt"));
    did("link into it", link("/files/../secret/secret.txt", "/files/secret.txt"));
    did("an absolute link", symlink("/etc/passwd", "/files/absolute"));
    did("a link upwards", symlink("../secret/secret.txt", "/files/upwards"));
    print_file("/files/upwards");
    print_file("/fixed/note.txt");
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "hostile") == 0) {
        hostile();
        return 0;
    }
    contents();
    names();
    times();
    return 0;
}
