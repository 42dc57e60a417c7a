/*
 * test_meta.c - the editor's stub says what there is, no more and no less.
 */
/* SPDX-License-Identifier: MIT */
#include "sim/lua/lua_meta.h"

#include <check.h>
#include <string.h>

START_TEST(every_function_has_a_row_and_every_row_a_function)
{
    LuaEnv *env = lua_env_new(&run_defaults, NULL, lua_open_all);
    char *differences = meta_differences(env);

    ck_assert_str_eq(differences, "");
    g_free(differences);
    lua_env_free(env);
}
END_TEST

START_TEST(the_stub_is_lua)
{
    lua_State *L = luaL_newstate();
    GString *stub = g_string_new(NULL);

    meta_write(stub);
    ck_assert(g_str_has_prefix(stub->str, "---@meta stacklab\n"));
    ck_assert_ptr_nonnull(strstr(stub->str, "---@field handshake? \"three-way\"|\"two-way\""));
    ck_assert_ptr_nonnull(strstr(stub->str, "---@async\n---@param time Time\nfunction sim.sleep(time) end"));
    ck_assert_msg(luaL_loadstring(L, stub->str) == LUA_OK, "%s", lua_tostring(L, -1));
    g_string_free(stub, TRUE);
    lua_close(L);
}
END_TEST

Suite *meta_suite(void);
Suite *meta_suite(void)
{
    Suite *suite = suite_create("meta");
    TCase *tc = tcase_create("meta");

    tcase_add_test(tc, every_function_has_a_row_and_every_row_a_function);
    tcase_add_test(tc, the_stub_is_lua);
    suite_add_tcase(suite, tc);
    return suite;
}
