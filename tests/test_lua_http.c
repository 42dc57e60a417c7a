/*
 * test_lua_http.c - the web calls of scenarios: what they print, and what they say of a mistake.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>
#include <glib.h>

Suite *lua_http_suite(void);

#define WORLD                                                                                      \
    "sim.defaults { arp = { warm = true } }\n"                                                     \
    "local c, s = sim.host('c', { ip = '10.0.0.1/24' }), sim.host('s', { ip = '10.0.0.2/24' })\n"  \
    "sim.link(c, s, { delay = '5ms' })\n"

START_TEST(a_response_prints_well)
{
    lua_prints("a response as text",
               WORLD "s:serve_http { ['/'] = { body = 'hello', etag = 'x' } }\n"
                     "print(c:get('http://s/'))\n"
                     "print(c:browser())\n",
               "HTTP/1.1 200 OK\nDate: Thu, 01 Jan 1970 00:00:00 GMT\nContent-Type: text/html\n"
               "ETag: \"x\"\nContent-Length: 5\n\nhello\n\n"
               "dns 0 ms, connect 10 ms, wait 10 ms, receive 0 ms, total 20 ms\nbrowser<c>\n");
}
END_TEST

/* In each leap year and out of it, at the edges of months. */
START_TEST(dates_are_those_of_the_calendar)
{
    static const struct { const char *seconds, *date; } dates[] = {
        { "951782400", "Tue, 29 Feb 2000 00:00:00 GMT" },
        { "951868800", "Wed, 01 Mar 2000 00:00:00 GMT" },
        { "784111777", "Sun, 06 Nov 1994 08:49:37 GMT" },
        { "1798761599", "Thu, 31 Dec 2026 23:59:59 GMT" },
        { "4107542400", "Mon, 01 Mar 2100 00:00:00 GMT" },
        { "-1", "Wed, 31 Dec 1969 23:59:59 GMT" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(dates); i++) {
        char *text = g_strdup_printf(
            WORLD "s:serve_http { ['/'] = { body = 'x', modified = %s } }\n"
                  "local r = c:get('http://s/')\n"
                  "print(r.headers['Last-Modified'])\n"
                  "r = c:get('http://s/', { headers = { ['If-Modified-Since'] = "
                  "r.headers['Last-Modified'] } })\nprint(r.status)\n", dates[i].seconds);
        char *printed = g_strdup_printf("%s\n304\n", dates[i].date);
        lua_prints("dates", text, printed);
        g_free(text);
        g_free(printed);
    }
}
END_TEST

static const struct { const char *call, *error; } wrong[] = {
    { "c:get()", "t.lua:4: get: a URL is wanted, not nothing" },
    { "c:get('www.example.com')",
      "t.lua:4: get: 'www.example.com' is no URL such as \"http://www.example.com/\"" },
    { "c:get('https://s/')", "t.lua:4: get: 'https://s/' is no URL ..." },
    { "c:get('http://s:0/')", "t.lua:4: get: 'http://s:0/' is no URL ..." },
    { "c:get('http://s/a b')", "t.lua:4: get: 'http://s/a b' is no URL ..." },
    { "c:get('http://s/', { tiemout = 1 })",
      "t.lua:4: get: no field 'tiemout', did you mean 'timeout'? ..." },
    { "c:get('http://s/', { method = 7 })", "t.lua:4: method is a string, not ..." },
    { "c:get('http://s/', { method = 'GE T' })", "t.lua:4: get: 'GE T' is no method" },
    { "c:get('http://s/', { range = 'all' })",
      "t.lua:4: get: a range is \"0-499\", \"500-\" or \"-500\", not 'all'" },
    { "c:get('http://s/', { headers = { ['A b'] = 'x' } })",
      "t.lua:4: get: 'A b' is no name of a field" },
    { "c:get('http://s/', { headers = { A = 'x\\r\\nB: y' } })",
      "t.lua:4: get: the field 'A' wants a text of one line" },
    { "s:serve_http()", "t.lua:4: ..." },
    { "s:serve_http(80, 'page')",
      "t.lua:4: serve_http: a table of pages, or a function, is wanted, not ..." },
    { "s:serve_http { index = 'x' }",
      "t.lua:4: serve_http: 'index' is no path such as \"/index.html\"" },
    { "s:serve_http { ['/'] = 7 }",
      "t.lua:4: serve_http: /: a page is a text, a table, or a function of the request" },
    { "s:serve_http { ['/'] = { boddy = 'x' } }",
      "t.lua:4: serve_http: /: a page has no field 'boddy'" },
    { "s:serve_http { ['/'] = { body = 7 } }",
      "t.lua:4: serve_http: /: body is a string or function, not a number" },
    { "s:serve_http { ['/'] = { status = 1000 } }",
      "t.lua:4: serve_http: /: a status is a number from 200 to 599" },
    { "s:serve_http(80, {}, { idel = 1 })",
      "t.lua:4: serve_http: no field 'idel', did you mean 'idle'? ..." },
    { "c:browser { connections = 0 }", "t.lua:4: browser: connections: 0 is too small: at least 1" },
    { "c:browser():gett('x')", "t.lua:4: ..." },
};

START_TEST(a_mistake_is_told_with_its_line)
{
    char *text = g_strconcat(WORLD, wrong[_i].call, "\n", NULL);

    lua_raises(text, wrong[_i].error);
    g_free(text);
}
END_TEST

/* A page's function belongs to the author: its error names the author's line. */
START_TEST(an_error_in_a_page_ends_the_run)
{
    lua_raises(WORLD "s:serve_http { ['/'] = function(request)\n  return request.nothing.at.all\nend }\n"
                     "c:get('http://s/')\n", "t.lua:5: attempt to index a nil value ...");
    lua_raises(WORLD "s:serve_http { ['/'] = function() return 7 end }\nc:get('http://s/')\n",
               "t.lua: serve_http: /: a page is a text, a table, or a function of the request");
}
END_TEST

Suite *lua_http_suite(void)
{
    Suite *s = suite_create("lua_http");
    TCase *t = tcase_create("web");

    tcase_add_test(t, a_response_prints_well);
    tcase_add_test(t, dates_are_those_of_the_calendar);
    tcase_add_loop_test(t, a_mistake_is_told_with_its_line, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(t, an_error_in_a_page_ends_the_run);
    suite_add_tcase(s, t);
    return s;
}
