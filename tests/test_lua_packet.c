/*
 * test_lua_packet.c - packets as tables: forged, captured, changed.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>
#include <glib.h>

/* What holds, a scenario that shows it, and what that prints. */
static const struct {
    const char *claim, *text, *printed;
} shown[] = {
    { "flags may be a number",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, tcp = { sport = 1, dport = 80, flags = 0x12, seq = 1 } }\n"
      "sim.sleep(1)\n"
      "print(b:packets { tcp = true }[1].tcp.flags)",
      "S.\n" },
    { "a forged datagram arrives, summed and filled in",
      "local a, b, m, sw = sim.host('a'), sim.host('b'), sim.host('m'), sim.switch('sw')\n"
      "sim.link(a, sw) sim.link(b, sw) sim.link(m, sw)\n"
      "local s = b:udp(9)\n"
      "print(m:send_raw { ip = { src = a, dst = b }, udp = { sport = 7, dport = 9 }, payload "
      "= 'forged' })\n"
      "print(s:recvfrom())\n"
      "local p = b:packets { udp = true }[1]\n"
      "print(p.ip.ttl, p.ip.len, p.ip.proto, p.udp.len, p.forged, p.why, p.remark)",
      "true\n"
      "forged\t10.0.1.1:7\n"
      "64\t34\t17\t14\ttrue\traw\tforged (t.lua:4)\n" },
    { "a forged SYN is answered; options, flags and ICMP errors are written as they are read",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:send_raw { ip = { dst = b, tos = 4, id = 77, df = true },\n"
      "             tcp = { sport = 5000, dport = 80, flags = 'S', seq = 1, window = 9, mss = "
      "700, wscale = 3,\n"
      "                     sack_permitted = true, ts_val = 5, ts_ecr = 6 } }\n"
      "a:send_raw { ip = { dst = b, options = '\\1\\1\\1\\0' }, icmp = { type = "
      "'echo-request', id = 7, seq = 8 }, payload = 'abc' }\n"
      "a:send_raw { ip = { dst = b, frag = 8, mf = true, proto = 17 }, payload = 'part' }\n"
      "a:send_raw { ip = { dst = b }, tcp = { sport = 1, dport = 80, ack = 5, sack = { { 1, 2 "
      "}, { 3, 4 } } } }\n"
      "a:send_raw { ip = { dst = b }, icmp = { type = 3, code = 4, mtu = 576 } }\n"
      "sim.sleep(1)\n"
      "for _, q in ipairs(b:packets()) do if not q.arp then print(q.kind, q) end end\n"
      "local q = b:packets { tcp = 'S' }[1]\n"
      "print(q.ip.tos, q.ip.id, q.ip.df, q.tcp.mss, q.tcp.wscale, q.tcp.sack_permitted, "
      "q.tcp.ts_val, q.tcp.offset)\n"
      "q = b:packets { icmp = 'echo-request' }[1]\n"
      "print(q.icmp.id, q.icmp.seq, q.payload, #q.ip.options, q.ip.ihl)\n"
      "q = b:packets('ip[6:2] & 0x3fff != 0')[1]\n"
      "print(q.ip.frag, q.ip.mf, q.payload, q.udp)\n"
      "print(b:packets('tcp src port 1')[1].tcp.sack[2][1], b:packets('icmp[0] = "
      "3')[1].icmp.mtu)",
      "received\tIP 10.0.1.1.5000 > 10.0.1.2.80: Flags [S], seq 1, win 9, options [mss "
      "700,sackOK,TS val 5 ecr 6,nop,wscale 3], length 0\n"
      "sent\tIP 10.0.1.2.80 > 10.0.1.1.5000: Flags [S.], seq 2078679179, ack 2, win 65535, "
      "options [mss 1460,sackOK,TS val 3243759288 ecr 5,nop,wscale 0], length 0\n"
      "received\tIP 10.0.1.1 > 10.0.1.2: ICMP echo request, id 7, seq 8, length 11\n"
      "sent\tIP 10.0.1.2 > 10.0.1.1: ICMP echo reply, id 7, seq 8, length 11\n"
      "received\tIP 10.0.1.1 > 10.0.1.2: ip-proto-17\n"
      "received\tIP 10.0.1.1.1 > 10.0.1.2.80: Flags [.], ack 5, win 65535, options "
      "[nop,nop,sack 2 {1:2}{3:4}], length 0\n"
      "sent\tIP 10.0.1.2.80 > 10.0.1.1.1: Flags [R], seq 5, win 0, length 0\n"
      "received\tIP 10.0.1.1 > 10.0.1.2:  [|icmp]\n"
      "received\tIP 10.0.1.1.5000 > 10.0.1.2.80: Flags [R], seq 2, win 0, options "
      "[nop,nop,TS val 0 ecr 3243759288], length 0\n"
      "4\t77\ttrue\t700\t3\ttrue\t5\t10\n"
      "7\t8\tabc\t4\t6\n"
      "8\ttrue\tpart\tnil\n"
      "3\t576\n" },
    { "recv_raw takes what reaches an interface, meant for it or not",
      "local a, b, m, sw = sim.host('a'), sim.host('b'), sim.host('m'), sim.switch('sw')\n"
      "sim.link(a, sw) sim.link(b, sw) sim.link(m, sw)\n"
      "sim.spawn(function() print('arp', m:recv_raw { arp = 'request' }) end)\n"
      "sim.spawn(function() print('tcp', m:recv_raw('tcp', { timeout = 1 })) end)\n"
      "sim.spawn(function() print('udp', b:recv_raw(function(p) return p.udp ~= nil "
      "end).payload) end)\n"
      "sim.sleep(0)\n"
      "a:udp(1000):sendto('real', b, 9)\n"
      "sim.sleep(2)",
      "arp\tARP, Request who-has 10.0.1.2 tell 10.0.1.1, length 28\n"
      "udp\treal\n"
      "tcp\tnil\tTIMEOUT\n" },
    { "a captured packet is sent again, changed, with its sums made anew",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "local v = a:udp(10)\n"
      "sim.spawn(function()\n"
      "  local p = b:recv_raw { udp = true }\n"
      "  p.udp.dport = 10 p.eth.dst = a p.ip.dst = a p.ip.src = b p.payload = "
      "p.payload:reverse()\n"
      "  b:send_raw(p)\n"
      "end)\n"
      "sim.sleep(0)\n"
      "a:udp(1000):sendto('real', b, 9)\n"
      "print(v:recvfrom { timeout = 1 })",
      "laer\t10.0.1.2:1000\n" },
    { "what the scenario says of lengths and sums goes out as it is",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "b:udp(9)\n"
      "a:send_raw { ip = { dst = b }, udp = { dport = 9, checksum = 1 }, payload = 'x' }\n"
      "a:send_raw { ip = { dst = b }, udp = { dport = 9, len = 3 }, payload = 'x' }\n"
      "a:send_raw { ip = { dst = b, checksum = 5 }, udp = { dport = 9 }, payload = 'x' }\n"
      "a:send_raw { eth = { dst = b }, ip = { dst = b, version = 5 }, udp = { dport = 9 }, "
      "payload = 'x' }\n"
      "sim.sleep(1)\n"
      "print(b.drops['udp.checksum'], b.drops['udp.length'], b.drops['ip.checksum'], "
      "b.drops['ip.version'])",
      "1\t1\t1\t1\n" },
    { "a forged ARP reply poisons a cache",
      "local a, b, m, sw = sim.host('a'), sim.host('b'), sim.host('m'), sim.switch('sw')\n"
      "sim.link(a, sw) sim.link(b, sw) sim.link(m, sw)\n"
      "a:ping(b, { count = 1 })\n"
      "m:send_raw { eth = { dst = a }, arp = { op = 'reply', spa = b, sha = m, tpa = a, tha = "
      "a } }\n"
      "sim.sleep(1)\n"
      "print(a:arp_table()[b.ip].mac == m.mac, #m:packets { arp = 'reply' })",
      "true\t1\n" },
    { "a host that cannot send says why",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "print(a:send_raw { ip = { dst = '8.8.8.8' }, payload = 'x' })\n"
      "a:route('8.0.0.0/8', 'unreachable')\n"
      "print(a:send_raw { ip = { dst = '8.8.8.8' }, payload = 'x' })\n"
      "a:route('9.0.0.0/8', 'blackhole')\n"
      "print(a:send_raw { ip = { dst = '9.8.8.8' }, payload = 'x' })\n"
      "print(a:send_raw { ip = { dst = b, df = true }, payload = ('x'):rep(3000) })\n"
      "print(a:send_raw({ ip = { src = '1.2.3.4', dst = '8.8.8.8' }, eth = { dst = b } }, { "
      "iface = 'eth0' }))\n"
      "a:crash()\n"
      "print(a:send_raw { ip = { dst = b } })",
      "nil\tENETUNREACH\n"
      "nil\tEHOSTUNREACH\n"
      "true\n"
      "nil\tEMSGSIZE\n"
      "true\n"
      "nil\tENETDOWN\n" },
    { "raw Ethernet: an unknown type",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "a:send_raw { eth = { dst = b, type = 0x1234 }, payload = 'xyz' }\n"
      "a:send_raw { eth = { dst = 'ff:ff:ff:ff:ff:ff' }, payload = 'xyz' }\n"
      "sim.sleep(1)\n"
      "print(b.drops['eth.type'], b:packets()[1].eth.type, b:packets()[2].eth.type, "
      "b:packets()[1].payload)",
      "2\t4660\t34997\txyz\n" },
};

/* One row per mistake, and what is said of it. */
static const struct {
    const char *text, *error;
} wrong[] = {
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, tcp = { dport = 80, flgs = 'S' } }",
      "t.lua:2: packet: tcp has no field 'flgs', did you mean 'flags'?" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, tcp = { dport = 80, flags = 'SS' } }",
      "t.lua:2: 'SS' is not TCP flags: letters of 'FSRP.UEW' as tcpdump prints them ('.' is "
      "ACK), each at most once, or 'none'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, tcq = { dport = 80 } }",
      "t.lua:2: packet: no layer 'tcq', did you mean 'tcp'? (layers: eth, arp, ip, icmp, udp, "
      "tcp, payload)" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b, ttl = 300 }, tcp = { dport = 80 } }",
      "t.lua:2: packet: ip.ttl is a whole number from 0 to 255, not '300'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b, df = 1 }, tcp = { dport = 80 } }",
      "t.lua:2: packet: ip.df is true or false" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b, frag = 9 } }",
      "t.lua:2: packet: ip.frag is a multiple of 8" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, tcp = {}, udp = {} }",
      "t.lua:2: packet: one of tcp, udp and icmp, not several" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, arp = {} }",
      "t.lua:2: packet: arp or ip, not both" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { eth = {}, ip = { dst = b }, udp = {} }",
      "t.lua:2: packet: eth.dst is wanted: the sender's ARP cache does not know it" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { src = a } }",
      "t.lua:2: packet: ip.dst is wanted" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { payload = 'x' }",
      "t.lua:2: packet: nothing to send: no eth, arp, ip, icmp, udp or tcp" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, payload = 7 }",
      "t.lua:2: packet: payload is a string" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, payload = ('x'):rep(70000) }",
      "t.lua:2: packet: 70020 bytes are more than a packet can have" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, tcp = { options = ('x'):rep(41) } }",
      "t.lua:2: packet: tcp.options is a string of at most 40 bytes" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = { dst = b }, tcp = { sack = { 1, 2 } } }",
      "t.lua:2: packet: tcp.sack is a list of 1 to 4 pairs { left, right }" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:send_raw { ip = 'b' }",
      "t.lua:2: packet: ip is a table of its fields" },
    { "sim.host('a'):send_raw('hello')",
      "t.lua:1: a packet is a table such as { ip = { ... }, udp = { ... } }, not a string" },
    { "sim.host('a'):send_raw({ ip = { dst = '10.0.0.1' } }, { iface = 'eth7' })",
      "t.lua:1: send_raw: a has no interface 'eth7'" },
    { "sim.record(false)\n"
      "sim.host('a'):packets()",
      "t.lua:2: packets: nothing is kept, by sim.record(false)" },
    { "sim.host('a'):packets(nil, { sinc = 3 })",
      "t.lua:1: packets: no field 'sinc', did you mean 'since'? (fields..." },
    { "sim.host('a'):recv_raw('tcp', { timeout = 'soon' })",
      "t.lua:1: options: timeout: \"soon\" is not a time: write a number of seconds or e.g. "
      "\"10ms\", \"2min\"" },
};

START_TEST(prints)
{
    lua_prints(shown[_i].claim, shown[_i].text, shown[_i].printed);
}
END_TEST

START_TEST(names_the_line_and_the_mistake)
{
    lua_raises(wrong[_i].text, wrong[_i].error);
}
END_TEST

Suite *lua_packet_suite(void);
Suite *lua_packet_suite(void)
{
    Suite *suite = suite_create("lua_packet");
    TCase *tc = tcase_create("lua_packet");
    tcase_add_loop_test(tc, prints, 0, G_N_ELEMENTS(shown));
    tcase_add_loop_test(tc, names_the_line_and_the_mistake, 0, G_N_ELEMENTS(wrong));
    suite_add_tcase(suite, tc);
    return suite;
}
