// A command like SQLite's own shell, of what a program needs that reads SQL and prints rows: statements come
// from the arguments, or from standard input if there are none; the database is in memory.
//
// Rows are printed with their columns separated by '|'. An error goes to standard error with the statement
// it is about, and the status is then 1; what follows is carried out all the same.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite3.h"

static void print_value(sqlite3_stmt *statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        fputs("NULL", stdout);
        break;
    case SQLITE_BLOB: {
        const unsigned char *bytes = sqlite3_column_blob(statement, column);
        int length = sqlite3_column_bytes(statement, column);
        fputs("x'", stdout);
        for (int i = 0; i < length; i++) printf("%02x", bytes[i]);
        fputs("'", stdout);
        break;
    }
    default:
        fputs((const char *)sqlite3_column_text(statement, column), stdout);
    }
}

// Carries out every statement of `sql`; how many failed.
static int execute(sqlite3 *database, const char *sql) {
    int failures = 0;
    while (*sql) {
        sqlite3_stmt *statement = NULL;
        const char *rest = NULL;
        if (sqlite3_prepare_v2(database, sql, -1, &statement, &rest) != SQLITE_OK) {
            fprintf(stderr, "error: %s\n", sqlite3_errmsg(database));
            failures++;
            // The rest of the statement is of no use: go on behind it.
            const char *end = strchr(sql, ';');
            if (end == NULL) break;
            sql = end + 1;
            continue;
        }
        sql = rest;
        if (statement == NULL) continue; // a comment, or blanks
        int result;
        while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
            int columns = sqlite3_column_count(statement);
            for (int column = 0; column < columns; column++) {
                if (column > 0) fputc('|', stdout);
                print_value(statement, column);
            }
            fputc('\n', stdout);
        }
        if (result != SQLITE_DONE) {
            fprintf(stderr, "error: %s: %s\n", sqlite3_errmsg(database), sqlite3_sql(statement));
            failures++;
        }
        sqlite3_finalize(statement);
    }
    return failures;
}

static char *read_all(FILE *file) {
    size_t length = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    while (text != NULL) {
        size_t count = fread(text + length, 1, capacity - 1 - length, file);
        length += count;
        if (count == 0) {
            text[length] = 0;
            return text;
        }
        if (length + 1 == capacity) text = realloc(text, capacity *= 2);
    }
    return NULL;
}

int main(int argc, char **argv) {
    sqlite3 *database;
    if (sqlite3_open(":memory:", &database) != SQLITE_OK) {
        fprintf(stderr, "error: %s\n", sqlite3_errmsg(database));
        return 1;
    }
    int failures = 0;
    if (argc > 1) {
        for (int i = 1; i < argc; i++) failures += execute(database, argv[i]);
    } else {
        char *text = read_all(stdin);
        if (text == NULL) {
            fputs("error: out of memory\n", stderr);
            return 1;
        }
        failures += execute(database, text);
        free(text);
    }
    sqlite3_close(database);
    return failures > 0;
}
