/*
 * lua_require.c - reading scenarios and the files beside them.
 *
 * A chunk is named as the author would: the file as given on the command line. require looks beside
 * the scenario and in the lib/ next to its folder, and nowhere else.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_priv.h"

#include <string.h>

static void note_file(LuaEnv *env, const char *file)
{
    for (guint i = 0; i < env->files->len; i++)
        if (strcmp(g_ptr_array_index(env->files, i), file) == 0)
            return;
    g_ptr_array_add(env->files, g_strdup(file));
}

int require_load(lua_State *L, const char *file, const char *text, size_t len)
{
    LuaEnv *env = lua_env(L);
    char *chunk = g_strconcat("@", file, NULL);

    note_file(env, file);
    /* An editor's byte order mark and a first line for the shell are no Lua; the line counts. */
    size_t skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (len > skip && text[skip] == '#')
        while (skip < len && text[skip] != '\n')
            skip++;
    int status = luaL_loadbufferx(L, text + skip, len - skip, chunk, "t");
    g_free(chunk);
    return status;
}

/* False, with a message pushed, if it cannot be read or is no Lua; else pushes the function. */
static bool load_file(lua_State *L, const char *file)
{
    char *text;
    size_t len;
    GError *error = NULL;

    note_file(lua_env(L), file);
    if (!g_file_get_contents(file, &text, &len, &error)) {
        const char *why = error->code == G_FILE_ERROR_NOENT   ? "there is no such file"
                          : error->code == G_FILE_ERROR_ISDIR ? "it is a folder"
                                                              : "cannot be read";
        lua_pushfstring(L, "%s: %s", file, why);
        g_error_free(error);
        return false;
    }
    int status = require_load(L, file, text, len);
    g_free(text);
    return status == LUA_OK;
}

void require_load_file(lua_State *L, const char *file)
{
    if (!load_file(L, file))
        lua_error(L);
}

char *require_full_names(LuaEnv *env, const char *message)
{
    /* Lua cuts names of more than LUA_IDSIZE characters: "...the end of it". */
    if (!g_str_has_prefix(message, "..."))
        return g_strdup(message);
    for (guint i = 0; i < env->files->len; i++) {
        const char *file = g_ptr_array_index(env->files, i);
        size_t len = strlen(file), kept = LUA_IDSIZE - 1 - strlen("...");
        if (len <= kept)
            continue;
        const char *tail = file + len - kept;
        if (g_str_has_prefix(message + 3, tail) && message[3 + kept] == ':')
            return g_strconcat(file, message + 3 + kept, NULL);
    }
    return g_strdup(message);
}

bool require_names_file(const LuaEnv *env, const char *message)
{
    for (guint i = 0; i < env->files->len; i++) {
        const char *file = g_ptr_array_index(env->files, i);
        if (g_str_has_prefix(message, file) && message[strlen(file)] == ':')
            return true;
    }
    return g_str_has_prefix(message, "--set "); /* no line of the file's, but an option's */
}

/* The file for a module's name, newly allocated; NULL if there is none. *sought gets the places. */
static char *find_module(const World *world, const char *name, GString *sought)
{
    char *folder = g_path_get_dirname(world->file);
    char *above = strcmp(folder, ".") == 0 ? g_strdup("..") : g_path_get_dirname(folder);
    char *path = g_strdelimit(g_strdup(name), ".", '/');
    char *candidates[] = { g_strconcat(folder, "/", path, ".lua", NULL),
                           strcmp(above, ".") == 0
                               ? g_strconcat("lib/", path, ".lua", NULL)
                               : g_strconcat(above, "/lib/", path, ".lua", NULL) };
    char *found = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(candidates); i++) {
        char *file = candidates[i];
        if (g_str_has_prefix(file, "./"))
            memmove(file, file + 2, strlen(file + 2) + 1);
        g_string_append_printf(sought, "%s%s", i > 0 ? ", " : "", file);
        if (found == NULL && g_file_test(file, G_FILE_TEST_IS_REGULAR))
            found = g_strdup(file);
        g_free(file);
    }
    g_free(path);
    g_free(above);
    g_free(folder);
    return found;
}

static void check_name(lua_State *L, const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        bool dot = *c == '.' && c > name && c[1] != '.' && c[1] != '\0';
        if (!dot && !g_ascii_isalnum(*c) && *c != '_' && *c != '-')
            lua_fail(L,
                     "require: '%s' is not the name of a module: letters, digits, '_', '-', and "
                     "'.' between folders",
                     name);
    }
    if (*name == '\0')
        lua_fail(L, "require: a module has a name");
}

/* Stack: name, modules, then what the module's file returned. */
static int k_require(lua_State *L, int status, lua_KContext ctx)
{
    (void)status;
    (void)ctx;
    lua_settop(L, 3);
    if (lua_isnil(L, 3)) {
        lua_pushboolean(L, true);
        lua_replace(L, 3);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    lua_rawset(L, 2);
    return 1;
}

/* require(name): the module's value; its file may wait */
static int l_require(lua_State *L)
{
    const World *world = lua_world(L);
    const char *name = luaL_checkstring(L, 1);

    lua_settop(L, 1);
    check_name(L, name);
    lua_rawgeti(L, LUA_REGISTRYINDEX, world->parts->modules_ref);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, 2) != LUA_TNIL) {
        if (lua_islightuserdata(L, 3))
            return lua_fail(L, "require: '%s' is still being loaded", name);
        return 1;
    }
    lua_pop(L, 1);
    GString *sought = g_string_new(NULL);
    char *file = find_module(world, name, sought);
    lua_pushstring(L, sought->str);
    g_string_free(sought, TRUE);
    if (file == NULL)
        return lua_fail(L, "require: no module '%s' (looked for %s)", name, lua_tostring(L, 3));
    lua_pop(L, 1);
    bool ok = load_file(L, file);
    g_free(file);
    if (!ok)
        return lua_error(L);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, lua_env(L));
    lua_rawset(L, 2);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, k_require);
    return k_require(L, LUA_OK, 0);
}

void require_open(lua_State *L)
{
    lua_pushcfunction(L, l_require);
    lua_setfield(L, -2, "require");
}
