/*
 * files.c - a walk through folders.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/files.h"

#include <stdbool.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted: the folder's own order is the machine's. NULL: it cannot be read. */
static GPtrArray *names_in(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    if (dir == NULL)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(dir)) != NULL)
        g_ptr_array_add(names, g_strdup(name));
    g_dir_close(dir);
    g_ptr_array_sort(names, by_text);
    return names;
}

static bool has_suffix(const char *name, const char *const *suffixes)
{
    for (; *suffixes != NULL; suffixes++)
        if (g_str_has_suffix(name, *suffixes))
            return true;
    return false;
}

static void add_below(GPtrArray *files, const char *folder, const char *const *suffixes)
{
    g_autoptr(GPtrArray) names = names_in(folder);

    for (guint i = 0; names != NULL && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
            if (has_suffix(name, suffixes))
                g_ptr_array_add(files, g_steal_pointer(&path));
        } else if (strcmp(name, "lib") != 0) {
            add_below(files, path, suffixes);
        }
    }
}

void files_below(GPtrArray *files, const char *folder, const char *const *suffixes)
{
    size_t n = strlen(folder);
    g_autofree char *bare = g_strndup(folder, n > 1 && folder[n - 1] == '/' ? n - 1 : n);

    add_below(files, bare, suffixes);
}
