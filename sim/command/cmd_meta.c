/*
 * cmd_meta.c - `stacklab meta [DIR]`: what an editor needs to know of the Lua API.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/command/run.h"
#include "sim/command/terminal.h"
#include "sim/lua/lua_meta.h"

#include <stdio.h>
#include <string.h>

static const char luarc[] = "{\n"
                            "  \"runtime.version\": \"Lua 5.4\",\n"
                            "  \"workspace.library\": [\"library\"],\n"
                            "  \"diagnostics.globals\": [\"sim\", \"check\"]\n"
                            "}\n";

static bool write_file(const char *folder, const char *name, const char *text, GError **error)
{
    g_autofree char *path =
        strcmp(folder, ".") == 0 ? g_strdup(name) : g_build_filename(folder, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    if (g_mkdir_with_parents(parent, 0777) != 0 || !g_file_set_contents(path, text, -1, error)) {
        if (error != NULL && *error == NULL)
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be made", parent);
        return false;
    }
    printf("%s\n", path);
    return true;
}

/* A .luarc.json that is there already is its owner's. */
static bool write_all(const char *folder, GError **error)
{
    g_autofree char *there = g_build_filename(folder, ".luarc.json", NULL);
    GString *stub = g_string_new(NULL);

    meta_write(stub);
    bool ok = write_file(folder, "library/stacklab.d.lua", stub->str, error);
    if (ok && !g_file_test(there, G_FILE_TEST_EXISTS))
        ok = write_file(folder, ".luarc.json", luarc, error);
    g_string_free(stub, TRUE);
    return ok;
}

int cmd_meta(int argc, char **argv)
{
    char **folders = NULL;
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &folders, NULL, "[DIR]" },
        { 0 },
    };
    GOptionContext *context = g_option_context_new(NULL);

    g_option_context_set_summary(
        context, "Examples:\n  stacklab meta\n  stacklab meta ~/lessons\n\n"
                 "Writes library/stacklab.d.lua and .luarc.json into DIR (default: here), for\n"
                 "lua-language-server.");
    g_option_context_add_main_entries(context, entries, NULL);
    bool ok = options_parse(context, &argc, &argv, &error);
    g_option_context_free(context);
    if (ok && folders != NULL && folders[1] != NULL) {
        g_set_error(&error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "one folder is wanted");
        ok = false;
    }
    if (ok)
        ok = write_all(folders != NULL ? folders[0] : ".", &error);
    if (!ok)
        fprintf(stderr, "stacklab meta: %s\n", error->message);
    g_strfreev(folders);
    return ok ? STATUS_PASS : STATUS_ERROR;
}
