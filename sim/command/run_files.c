/*
 * run_files.c - files that are there whole or not at all.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run_files.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a handler must remove: it cannot be told otherwise. */
enum { MAX_OPEN = 256 };
static const char *volatile open_names[MAX_OPEN];

static void remember(const char *name)
{
    for (size_t i = 0; i < MAX_OPEN; i++)
        if (open_names[i] == NULL) {
            open_names[i] = name;
            return;
        }
}

static void forget(const char *name)
{
    for (size_t i = 0; i < MAX_OPEN; i++)
        if (open_names[i] == name)
            open_names[i] = NULL;
}

void out_files_remove(void)
{
    for (size_t i = 0; i < MAX_OPEN; i++)
        if (open_names[i] != NULL)
            unlink(open_names[i]);
}

bool out_file_is_device(const char *name)
{
    GStatBuf st;

    return g_stat(name, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

OutFile *out_file_open(const char *option, const char *name, GError **error)
{
    OutFile *out = g_new0(OutFile, 1);

    out->name = g_strdup(name);
    if (strcmp(name, "-") == 0) {
        out->file = stdout;
        return out;
    }
    if (out_file_is_device(name) && (out->file = fopen(name, "wb")) != NULL)
        return out;
    out->temporary = g_strdup_printf("%s.%ld.tmp", name, (long)getpid());
    out->file = g_file_test(name, G_FILE_TEST_IS_DIR) ? NULL : fopen(out->temporary, "wb");
    if (out->file == NULL) {
        int reason = errno;
        const char *why =
            g_file_test(name, G_FILE_TEST_IS_DIR) ? "it is a folder" : strerror(reason);
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s %s: cannot be written: %s",
                    option, name, why);
        g_free(out->temporary);
        g_free(out->name);
        g_free(out);
        return NULL;
    }
    remember(out->temporary);
    return out;
}

bool out_file_close(OutFile *out, bool keep, GError **error)
{
    bool ok = fflush(out->file) == 0 && !ferror(out->file);
    int why = errno;

    if (out->temporary != NULL) {
        ok = fclose(out->file) == 0 && ok;
        if (!ok || !keep)
            unlink(out->temporary);
        else if (rename(out->temporary, out->name) != 0)
            ok = false, why = errno;
        forget(out->temporary);
    } else if (out->file != stdout) {
        ok = fclose(out->file) == 0 && ok;
    }
    if (!ok && keep)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be written: %s",
                    out->name, strerror(why));
    g_free(out->temporary);
    g_free(out->name);
    g_free(out);
    return ok || !keep;
}
