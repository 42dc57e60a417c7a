/*
 * test_lua_dns.c - names in scenarios: what the calls take, give, and say when something is wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>

Suite *lua_dns_suite(void);

#define WORLD                                                                                      \
    "sim.defaults { arp = { warm = true } }\n"                                                     \
    "local ns = sim.host('ns', { ip = '10.0.0.53/24' })\n"                                         \
    "local c = sim.host('c', { ip = '10.0.0.1/24', dns = ns, search = 'x', hosts = { me = "        \
    "'10.0.0.1' } })\n"                                                                            \
    "sim.link(c, ns, { delay = '5ms' })\n"                                                         \
    "ns:serve_dns { zone = 'x', records = [[\n"                                                    \
    "    www   300 A 10.0.0.53\n"                                                                  \
    "    alias     CNAME www\n"                                                                    \
    "    @         MX 10 www\n"                                                                    \
    "          60  TXT \"two words\"\n"                                                            \
    "]] }\n"

START_TEST(a_result_has_the_answer_in_rows)
{
    lua_prints("fields of a result",
               WORLD "local r = c:resolve('alias')\n"
                     "print(r.name, r.type, r.status, r.aa, r.tc, r.server, r.transport, r.place)\n"
                     "print(r.address, r.time, #r.answer, r.answer[1].data, r.answer[2].ttl)\n"
                     "r = c:resolve('x', 'MX')\n"
                     "print(r.answer[1].data, r.additional[1].name, r.additional[1].data)\n"
                     "print(c:resolve('x', 'TXT').answer[1].data, c:resolve('me').place)\n",
               "alias.x\tA\tNOERROR\ttrue\tfalse\t10.0.0.53\tudp\tdns\n"
               "10.0.0.53\t0.01\t2\twww.x\t300\n"
               "10 www.x.\twww.x\t10.0.0.53\n"
               "\"two words\"\thosts\n");
}
END_TEST

START_TEST(what_is_not_found_says_why)
{
    lua_prints("failures of resolve",
               WORLD "local r, why, m = c:resolve('no.x')\n"
                     "print(r, why, m.status, m.authority[1].type)\n"
                     "print((select(2, c:resolve('www.x.', 'MX'))))\n"
                     "print(c:resolve('www.y', { timeout = '1ms' }))\n"
                     "print((select(2, c:resolve('www.y'))))\n"
                     "print(c:resolve('www.x', { server = c, timeout = '1s' }))\n"
                     "c:crash()\nprint(c:resolve('www.x'))\n",
               "nil\tEAI_NONAME\tNXDOMAIN\tSOA\nEAI_NODATA\nnil\tTIMEOUT\nEAI_AGAIN\nnil\tEAI_AGAIN\n"
               "nil\tENETDOWN\n");
}
END_TEST

START_TEST(a_name_stands_where_an_address_may)
{
    lua_prints("names as targets",
               WORLD "local l = ns:listen(80)\nlocal inbox = ns:udp(9)\n"
                     "print(c:connect('www.x:80').state, c:connect('alias', 80).state)\n"
                     "print(c:ping('www', { count = 1 }).received)\n"
                     "print(c:traceroute('www')[1].node)\n"
                     "print(c:udp():sendto('hi', 'www.x', 9), (inbox:recvfrom()))\n"
                     "print(c:connect('no.x:80'))\nprint(c:ping('no.x'))\n"
                     "print(c:connect('ns:80').state)\n",
               "ESTABLISHED\tESTABLISHED\n1\nhost<ns 10.0.0.53>\n2\thi\n"
               "nil\tEAI_NONAME\nnil\tEAI_NONAME\nESTABLISHED\n");
}
END_TEST

START_TEST(without_a_server_a_name_is_a_mistake)
{
    lua_raises("local a = sim.host('a')\nlocal b = sim.host('b')\nsim.link(a, b)\n"
               "a:connect('www.x:80')\n", "t.lua:4: no host 'www.x', and a has no dns = to ask for a name");
}
END_TEST

static const struct { const char *call, *error; } wrong[] = {
    { "serve_dns { zone = 'x', records = 'a A 10.0.0.256 ' }",
      "t.lua:2: records:1: '10.0.0.256' is no IPv4 address" },
    { "serve_dns { zone = 'x', records = [[\n   a A 10.0.0.1\n   b CNAME a\n   b A 10.0.0.2\n]] }",
      "t.lua:2: records:3: b.x. has a CNAME and so no other records (RFC 2181 §10.1)" },
    { "serve_dns { zone = 'x', records = 'there.is.none' }",
      "t.lua:2: serve_dns: there is no file 'there.is.none' beside the scenario" },
    { "serve_dns { zone = 'x' }", "t.lua:2: serve_dns: a zone has a name and records, both texts" },
    { "serve_dns { recursive = true }", "t.lua:2: serve_dns: recursion begins at roots = { ... }, "
                                        "or at forward = { ... }" },
    { "serve_dns { zone = 'a..b', records = '' }", "t.lua:2: serve_dns: 'a..b' is no domain name" },
    { "serve_dns { zonee = 'x' }", "t.lua:2: serve_dns: no field 'zonee', did you mean 'zone'? ..." },
    { "resolve('a', 'AA')", "t.lua:2: resolve: 'AA' is no type such as \"A\" or \"MX\"" },
    { "resolve('a..b')", "t.lua:2: resolve: 'a..b' is no domain name" },
    { "resolve()", "t.lua:2: resolve: a name is wanted, not nothing" },
    { "resolve('a', { tpc = true })", "t.lua:2: resolve: no field 'tpc', did you mean 'tcp'? ..." },
};

START_TEST(a_mistake_is_told_with_its_line)
{
    char *text = g_strdup_printf("local a = sim.host('a', { ip = '10.0.0.1/24' })\na:%s\n",
                                 wrong[_i].call);

    lua_raises(text, wrong[_i].error);
    g_free(text);
}
END_TEST

START_TEST(options_of_a_host_are_looked_at_at_once)
{
    lua_raises("sim.host('a', { search = 'a..b' })\n", "t.lua:1: search: 'a..b' is no domain name");
    lua_raises("sim.host('a', { resolver = { timout = 1 } })\n",
               "t.lua:1: resolver: no field 'timout', did you mean 'timeout'? ...");
    lua_raises("sim.host('a', { dns = 'www.x' })\n",
               "t.lua:1: dns: 'www.x' is no address such as \"10.0.0.1\"");
}
END_TEST

START_TEST(a_packet_has_a_layer_dns)
{
    lua_prints("packets of port 53",
               WORLD "c:resolve('www.x')\nlocal q = c:packets { udp = true, dport = 53 }[1].dns\n"
                     "print(q.name, q.type, q.rd, q.qr)\n"
                     "local inbox = c:udp(53)\n"
                     "ns:send_raw { ip = { dst = c }, udp = { sport = 53, dport = 53 }, dns = { id = 9,"
                     " qr = true, name = 'a.b', type = 'MX', answer = { { name = 'a.b', type = 'MX', "
                     "ttl = 7, data = '5 m.b' } } } }\n"
                     "inbox:recvfrom()\nlocal all = c:packets { udp = true, sport = 53 }\n"
                     "local m = all[#all].dns\nprint(m.id, m.qr, m.answer[1].data, m.answer[1].ttl)\n",
               "www.x\tA\ttrue\tfalse\n9\ttrue\t5 m.b.\t7\n");
    lua_raises("local a, b = sim.host('a'), sim.host('b')\nsim.link(a, b)\n"
               "a:send_raw { ip = { dst = b }, udp = { sport = 53, dport = 53 }, "
               "dns = { name = 'a', answer = { { name = 'a', type = 'A', data = 'x' } } } }\n",
               "t.lua:3: record:1: 'x' is no IPv4 address");
}
END_TEST

START_TEST(the_cache_prints_as_a_table)
{
    lua_prints("a cache",
               WORLD "local r = sim.host('r', { ip = '10.0.1.1/24' })\n"
                     "sim.link(c, r, { delay = '1ms' })\n"
                     "c:serve_dns { recursive = true, forward = ns }\n"
                     "r:resolve('www.x', { server = c })\nsim.sleep('10s')\nprint(c:dns_cache())\n"
                     "print(c:dns_cache()['www.x'].ttl, #c:dns_cache(), c:dns_cache()[1].trust)\n",
               "Name                                TTL Type  Data\n"
               "www.x                               289 A     10.0.0.53\n289\t1\tauthoritative\n");
}
END_TEST

Suite *lua_dns_suite(void)
{
    Suite *s = suite_create("lua_dns");
    TCase *t = tcase_create("names");

    tcase_add_test(t, a_result_has_the_answer_in_rows);
    tcase_add_test(t, what_is_not_found_says_why);
    tcase_add_test(t, a_name_stands_where_an_address_may);
    tcase_add_test(t, without_a_server_a_name_is_a_mistake);
    tcase_add_loop_test(t, a_mistake_is_told_with_its_line, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(t, options_of_a_host_are_looked_at_at_once);
    tcase_add_test(t, a_packet_has_a_layer_dns);
    tcase_add_test(t, the_cache_prints_as_a_table);
    suite_add_tcase(s, t);
    return s;
}
