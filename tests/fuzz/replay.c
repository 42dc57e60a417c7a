/*
 * replay.c - runs a fuzz target over its corpus where there is no libFuzzer: every file as it is,
 * every beginning of it, and a number of mutations drawn from a fixed seed.
 *
 * Usage: fuzz_X DIRECTORY... [FILE...]; a file given by name, say one that libFuzzer has left, is run
 * as it is.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUTATIONS = 300, LONGEST = 1 << 16 };

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* A copy of its own, as long as the input, so that the sanitizer sees reads beyond its end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = g_memdup2(data, size);

    LLVMFuzzerTestOneInput(copy, size);
    g_free(copy);
}

static void mutate(uint8_t *p, size_t size)
{
    for (uint32_t n = 1 + next_random() % 4; n > 0; n--) {
        size_t at = next_random() % size;
        switch (next_random() % 4) {
        case 0:
            p[at] ^= (uint8_t)(1 << next_random() % 8);
            break;
        case 1:
            p[at] = (uint8_t)next_random();
            break;
        case 2:
            p[at] = next_random() % 2 != 0 ? 0xff : 0;
            break;
        default:
            p[at] = p[next_random() % size];
        }
    }
}

static void run_around(const uint8_t *data, size_t size)
{
    for (size_t n = 0; n < size; n++)
        run(data, n);
    for (int i = 0; i < MUTATIONS && size > 0; i++) {
        uint8_t *changed = g_memdup2(data, size);
        mutate(changed, size);
        run(changed, size);
        g_free(changed);
    }
}

static void run_file(const char *path, int around)
{
    char *data;
    size_t size;
    GError *error = NULL;

    if (!g_file_get_contents(path, &data, &size, &error)) {
        fprintf(stderr, "%s\n", error->message);
        g_error_free(error);
        exit(2);
    }
    run((const uint8_t *)data, size);
    if (around && size <= LONGEST)
        run_around((const uint8_t *)data, size);
    g_free(data);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static unsigned run_directory(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (const char *name; (name = g_dir_read_name(dir)) != NULL;)
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_dir_close(dir);
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++)
        run_file(g_ptr_array_index(names, i), 1);
    unsigned n = names->len;
    g_ptr_array_free(names, TRUE);
    return n;
}

int main(int argc, char **argv)
{
    unsigned n = 0;

    for (int i = 1; i < argc; i++) {
        if (g_file_test(argv[i], G_FILE_TEST_IS_DIR)) {
            n += run_directory(argv[i]);
        } else {
            run_file(argv[i], 0);
            n++;
        }
    }
    printf("%u inputs replayed\n", n);
    return n > 0 ? 0 : 1;
}
