/*
 * test_lua_dhcp.c - DHCP in scenarios: what the calls give, and say when something is wrong.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>

Suite *lua_dhcp_suite(void);

#define WORLD                                                                                      \
    "local c = sim.host('c', { ip = 'dhcp' })\n"                                                   \
    "local s = sim.host('s', { ip = '10.0.0.1/24' })\n"                                            \
    "local wire = sim.link(c, s, { delay = '1ms' })\n"
#define SERVER                                                                                     \
    "s:serve_dhcp { pool = '10.0.0.5-10.0.0.9', router = s, dns = { s, '9.9.9.9' }, "              \
    "domain = 'x', ping = false }\n"

START_TEST(a_lease_has_its_fields)
{
    lua_prints("fields of a lease",
               WORLD SERVER
               "print(c.ip, c:dhcp_lease(), c:dhcp_state())\n"
               "local l = c:dhcp { probes = 0 }\n"
               "print(l)\n"
               "print(l.ip, l.prefix, l.server, l.router, #l.routers, l.dns[2], l.domain)\n"
               "print(l.lease, l.since, l.renew, l.rebind, l.expires, l.interface)\n"
               "print(c.ip, c:dhcp_state(), c:dhcp_lease().ip, c:routes()[2].origin)\n"
               "print(c:dhcp().since == l.since, s:dhcp_leases()[1].mac == c.mac)\n"
               "print(c:dhcp_release(), c:dhcp_release(), c.ip, c:dhcp_state())\n",
               "nil\tnil\tOFF\n"
               "10.0.0.5/24, router 10.0.0.1, dns 10.0.0.1, 9.9.9.9, domain x, from 10.0.0.1 for 1h\n"
               "10.0.0.5\t10.0.0.5/24\t10.0.0.1\t10.0.0.1\t1\t9.9.9.9\tx\n"
               "3600.0\t0.002\t1800.002\t3150.002\t3600.002\teth0\n"
               "10.0.0.5\tBOUND\t10.0.0.5\tdhcp\n"
               "true\ttrue\n"
               "true\tfalse\tnil\tOFF\n");
}
END_TEST

START_TEST(waiting_ends)
{
    lua_prints("how dhcp() fails",
               WORLD
               "print(c:dhcp { timeout = '30s' })\nprint(sim.now(), c:dhcp_state())\n"
               "c:crash()\nprint(c:dhcp())\nc:boot()\n"
               "print(c:udp(68) ~= nil, c:dhcp())\n"
               "print(s:udp(67) ~= nil, s:serve_dhcp { pool = '10.0.0.5-10.0.0.9' })\n",
               "nil\tTIMEOUT\n30.0\tSELECTING\nnil\tENETDOWN\n"
               "true\tnil\tEADDRINUSE\ntrue\tnil\tEADDRINUSE\n");
}
END_TEST

/* The world ends although nobody has given it an address: nobody waits any more. */
START_TEST(who_has_given_up_does_not_keep_the_world)
{
    lua_prints("a client alone", WORLD "c:dhcp { timeout = '5s' }\nsim.settle()\nprint(sim.now())\n",
               "5.0\n");
}
END_TEST

/* A name works although the scenario has not said whom to ask. */
START_TEST(names_work_by_the_servers_of_a_lease)
{
    lua_prints("a name",
               WORLD SERVER "s:serve_dns { zone = 'x', records = 'www A 10.0.0.1' }\n"
                            "c:dhcp()\nprint(c:ping('www', { count = 1 }).received)\n"
                            "print(c:resolve('www.x').address)\n",
               "1\n10.0.0.1\n");
}
END_TEST

START_TEST(packets_have_a_layer_dhcp)
{
    lua_prints("the layer",
               WORLD SERVER
               "c:dhcp { probes = 0, broadcast = true, lease = '100s' }\n"
               "local p = c:packets { udp = true }\n"
               "for i = 1, 4 do local d = p[i].dhcp\n"
               "print(d.type, d.reply, d.broadcast, d.yiaddr, d.requested, d.server, d.lease) end\n"
               "print(p[1].dhcp.name, #p[1].dhcp.parameters, p[4].dhcp.mask, p[4].dhcp.dns[2])\n"
               "print(p[4].dhcp.router[1], p[4].dhcp.t1, p[4].dhcp.t2, p[1].dhcp.chaddr == c.mac)\n",
               "DHCPDISCOVER\tfalse\ttrue\t0.0.0.0\tnil\tnil\t100\n"
               "DHCPOFFER\ttrue\ttrue\t10.0.0.5\tnil\t10.0.0.1\t100\n"
               "DHCPREQUEST\tfalse\ttrue\t0.0.0.0\t10.0.0.5\t10.0.0.1\t100\n"
               "DHCPACK\ttrue\ttrue\t10.0.0.5\tnil\t10.0.0.1\t100\n"
               "c\t4\t255.255.255.0\t9.9.9.9\n"
               "10.0.0.1\t50\t87\ttrue\n");
}
END_TEST

/* What is read can be written: a forged answer is believed if its id is right. */
START_TEST(a_message_can_be_forged)
{
    lua_prints("a rogue server",
               WORLD
               "c:spawn(function() c:dhcp { probes = 0 } end)\nsim.sleep(1)\n"
               "local asked = s:packets { udp = true }[1].dhcp\n"
               "local function say(type) s:send_raw {\n"
               "  ip = { src = s, dst = '255.255.255.255' }, udp = { sport = 67, dport = 68 },\n"
               "  eth = { dst = 'ff:ff:ff:ff:ff:ff' },\n"
               "  dhcp = { type = type, reply = true, xid = asked.xid, chaddr = asked.chaddr,\n"
               "           yiaddr = '10.0.0.66', server = s, lease = 100, mask = '255.255.255.0',\n"
               "           router = { '10.0.0.66', s }, domain = 'evil' } } sim.sleep(1) end\n"
               "say('DHCPOFFER')\nsay('DHCPACK')\n"
               "print(c:dhcp_lease())\nprint(c:packets { udp = true, src = s }[1].dhcp.router[2])\n",
               "10.0.0.66/24, router 10.0.0.66, 10.0.0.1, domain evil, from 10.0.0.1 for 100s\n"
               "10.0.0.1\n");
}
END_TEST

static const struct {
    const char *text, *error;
} mistakes[] = {
    { WORLD "s:dhcp()", "t.lua:4: dhcp: no interface of s is without an address: say ip = \"dhcp\" "
                        "for one" },
    { WORLD "s:dhcp { interface = 'eth0' }",
      "t.lua:4: dhcp: eth0 of s has an address: say ip = \"dhcp\" for it" },
    { WORLD "c:dhcp { interface = 'eth7' }", "t.lua:4: dhcp: c has no interface 'eth7'" },
    { WORLD "c:dhcp { probe = 1 }", "t.lua:4: dhcp: no field 'probe', did you mean 'probes'?..." },
    { WORLD "c:dhcp_inform()",
      "t.lua:4: dhcp_inform: c has no address of its own: dhcp() asks for one" },
    { WORLD "s:serve_dhcp {}", "t.lua:4: serve_dhcp: a pool is wanted: ..." },
    { WORLD "s:serve_dhcp { pool = '10.0.0.9-10.0.0.5' }",
      "t.lua:4: serve_dhcp: '10.0.0.9-10.0.0.5' is no pool such as ..." },
    { WORLD "s:serve_dhcp { pool = {} }", "t.lua:4: serve_dhcp: 'table: 1' is no pool such as ..." },
    { WORLD "s:serve_dhcp { pool = '10.9.0.5-10.9.0.9' }",
      "t.lua:4: serve_dhcp: the pool lies in no network of s" },
    { WORLD "s:serve_dhcp { pool = '10.0.0.5-10.0.0.9', leese = 1 }",
      "t.lua:4: serve_dhcp: no field 'leese', did you mean 'lease'?..." },
    { WORLD "s:serve_dhcp { pool = '10.0.0.5-10.0.0.9', reservations = { 'x' } }",
      "t.lua:4: serve_dhcp: reservations is a table of MACs and addresses" },
#define RAW "s:send_raw { ip = { dst = '10.0.0.9' }, udp = { sport = 67, dport = 68 }, dhcp = "
    { WORLD RAW "{ type = 'OFFER' } }", "t.lua:4: dhcp: 'OFFER' is no type such as \"DHCPOFFER\"" },
    { WORLD RAW "{ yaddr = '10.0.0.5' } }",
      "t.lua:4: dhcp: no field 'yaddr', did you mean 'yiaddr'?..." },
    { WORLD RAW "{ name = ('x'):rep(2000) } }", "t.lua:4: dhcp: there is no room for 'name'" },
};

START_TEST(mistakes_are_named)
{
    lua_raises(mistakes[_i].text, mistakes[_i].error);
}
END_TEST

Suite *lua_dhcp_suite(void)
{
    Suite *suite = suite_create("lua_dhcp");
    TCase *tc = tcase_create("lua_dhcp");

    tcase_add_test(tc, a_lease_has_its_fields);
    tcase_add_test(tc, waiting_ends);
    tcase_add_test(tc, who_has_given_up_does_not_keep_the_world);
    tcase_add_test(tc, names_work_by_the_servers_of_a_lease);
    tcase_add_test(tc, packets_have_a_layer_dhcp);
    tcase_add_test(tc, a_message_can_be_forged);
    tcase_add_loop_test(tc, mistakes_are_named, 0, (int)(sizeof mistakes / sizeof mistakes[0]));
    suite_add_tcase(suite, tc);
    return suite;
}
