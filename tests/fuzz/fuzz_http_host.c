/*
 * fuzz_http_host.c - a web server, a client and a browser whose peer says whatever the input is.
 *
 * The octets go to the server as a request, in two pieces, and to the client as the answer to each of
 * its requests; the first octet says where they are cut and whether the peer closes behind them. What
 * must hold: the scenario ends without an error, whatever they are.
 */
/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "sim/lua/lua_run.h"

#include <glib.h>
#include <string.h>

static const char scenario[] =
    "sim.defaults { arp = { warm = true } }\n"
    "sim.record(false)\n"
    "local a, b = sim.host('a', { ip = '10.0.0.1/24' }), sim.host('b', { ip = '10.0.0.2/24' })\n"
    "sim.link(a, b, { delay = '1ms' })\n"
    "b:serve_http(80, { ['/'] = { body = 'hello', modified = 0 }, ['/c'] = { body = 'chunks', chunked = 2 },\n"
    "  ['/f'] = function(request) return request.body end, ['/r'] = { redirect = '/' } }, { idle = '1s' })\n"
    "local function say(conn)\n"
    "  local at = CUT % (#TEXT + 1)\n"
    "  conn:send(TEXT:sub(1, at)) sim.sleep('3ms') conn:send(TEXT:sub(at + 1))\n"
    "  if CUT % 2 == 0 then conn:shutdown() end\n"
    "end\n"
    "b:spawn(function()\n"
    "  local listener = b:listen(81)\n"
    "  while true do\n"
    "    local conn = listener:accept()\n"
    "    b:spawn(function() conn:recv() say(conn) conn:recv('all', { timeout = '2s' }) conn:close() end)\n"
    "  end\n"
    "end)\n"
    "local conn = a:connect(b, 80)\n"
    "say(conn)\n"
    "conn:recv('all', { timeout = '5s' })\n"
    "conn:close()\n"
    "a:get('http://b:81/', { timeout = '2s', redirects = 2 })\n"
    "a:get('http://b:81/', { timeout = '2s', method = 'HEAD' })\n"
    "local browser = a:browser { connections = 1, pipeline = 3 }\n"
    "for i = 1, 3 do a:spawn(function() tostring(browser:get('http://b:81/' .. i % 2, { timeout = '2s' })) end) end\n"
    "sim.sleep('10s')\n"
    "tostring(browser:get('http://b:81/1', { timeout = '2s' }))\n"
    "browser:close()\n";

/* A Lua string of any octets. */
static void append_literal(GString *out, const uint8_t *data, size_t size)
{
    g_string_append_c(out, '"');
    for (size_t i = 0; i < size; i++)
        g_string_append_printf(out, "\\x%02x", data[i]);
    g_string_append(out, "\"\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    GString *text = g_string_new(NULL);
    RunOptions opt = run_defaults;
    LuaOutcome out = { 0 };

    g_string_append_printf(text, "local CUT, TEXT = %u, ", data[0]);
    append_literal(text, data + 1, size - 1);
    g_string_append(text, scenario);
    LuaEnv *env = lua_env_new(&opt, NULL, lua_open_all);
    lua_env_play_text(env, "fuzz.lua", text->str, text->len, &out);
    lua_env_free(env);
    if (out.error != NULL || out.bound_text != NULL)
        g_error("%s", out.error != NULL ? out.error : out.bound_text);
    lua_outcome_clear(&out);
    g_string_free(text, TRUE);
    return 0;
}
