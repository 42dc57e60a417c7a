/*
 * lua.c - scenarios given as text.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>
#include <string.h>

static void print(void *self, const char *text)
{
    g_string_append(self, text);
}

static void play(const char *text, LuaOutcome *out, GString *printed)
{
    LuaHooks hooks = { .print = print, .self = printed };
    LuaEnv *env = lua_env_new(&run_defaults, &hooks, lua_open_all);

    *out = (LuaOutcome){ 0 };
    lua_env_play_text(env, "t.lua", text, strlen(text), out);
    lua_env_free(env);
}

static const char *first_block(const LuaOutcome *out)
{
    return out->failures->len > 0 ? ((Failure *)g_ptr_array_index(out->failures, 0))->block : "";
}

void lua_prints(const char *claim, const char *text, const char *printed)
{
    GString *got = g_string_new(NULL);
    LuaOutcome out;

    play(text, &out, got);
    ck_assert_msg(out.error == NULL, "%s: %s\nprinted: %s", claim, out.error, got->str);
    ck_assert_msg(out.failed == 0, "%s: %s", claim, first_block(&out));
    ck_assert_msg(strcmp(got->str, printed) == 0, "%s: printed\n%s\nnot\n%s", claim, got->str,
                  printed);
    g_string_free(got, TRUE);
    lua_outcome_clear(&out);
}

void lua_raises(const char *text, const char *error)
{
    GString *got = g_string_new(NULL);
    LuaOutcome out;

    play(text, &out, got);
    ck_assert_msg(out.error != NULL, "no error, but: %s", error);
    if (g_str_has_suffix(error, "..."))
        ck_assert_msg(strncmp(out.error, error, strlen(error) - 3) == 0, "%s", out.error);
    else
        ck_assert_str_eq(out.error, error);
    g_string_free(got, TRUE);
    lua_outcome_clear(&out);
}

void lua_fails(const char *text, unsigned failed, const char *part)
{
    GString *got = g_string_new(NULL);
    LuaOutcome out;

    play(text, &out, got);
    ck_assert_msg(out.error == NULL, "%s", out.error);
    ck_assert_uint_eq(out.failed, failed);
    ck_assert_msg(strstr(first_block(&out), part) != NULL, "%s", first_block(&out));
    g_string_free(got, TRUE);
    lua_outcome_clear(&out);
}
