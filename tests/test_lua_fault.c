/*
 * test_lua_fault.c - fault rules, filters, injected frames.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>
#include <glib.h>

/* What holds, a scenario that shows it, and what that prints. */
static const struct {
    const char *claim, *text, *printed;
} shown[] = {
    { "what is held goes on when released, and no rule sees it again",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b, { delay = '10ms' })\n"
      "b:spawn(function()\n"
      "  local li = b:listen(80)\n"
      "  while true do li:accept() print('accepted', sim.now()) end\n"
      "end)\n"
      "local held = l:hold({ tcp = 'S' }, { count = 1 })\n"
      "sim.spawn(function() print('held', held:wait(), sim.now(), held.caught) end)\n"
      "local c = a:connect(b, 80)\n"
      "print(sim.now(), held.caught, held.hits, held)\n"
      "print(held:release(), held.caught, held:release())\n"
      "sim.sleep(1)\n"
      "for _, p in ipairs(l:packets { tcp = true }) do print(p.time, p.kind, p.from, "
      "p.tcp.flags) end\n"
      "print(held:wait { timeout = 1 })",
      "held\ttrue\t0.02\t1\n"
      "1.02\t1\t1\trule<hold (t.lua:7), 1 hits>\n"
      "1\t0\t0\n"
      "accepted\t1.03\n"
      "0.02\tsent\ta\tS\n"
      "1.0\tsent\ta\tS\n"
      "1.01\tsent\tb\tS.\n"
      "1.02\tsent\ta\t.\n"
      "1.02\treleased\ta\tS\n"
      "1.03\tsent\tb\t.\n"
      "nil\tTIMEOUT\n" },
    { "relative numbers are right though nothing was recorded when the connection began",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b, { delay = '10ms' })\n"
      "sim.record(false)\n"
      "b:spawn(function()\n"
      "  local c = b:listen(80):accept()\n"
      "  c:send('hello')\n"
      "  while c:recv() do end\n"
      "end)\n"
      "local c = a:connect(b, 80)\n"
      "c:send(('x'):rep(100))\n"
      "sim.sleep(1)\n"
      "local there = l:drop({ tcp = true, seq = 101 }, { from = a, count = 1 })\n"
      "local back = l:drop({ tcp = true, seq = 6, ack = 104 }, { from = b, count = 1 })\n"
      "c:send('abc')\n"
      "sim.sleep(10)\n"
      "print(there.hits, back.hits)",
      "1\t1\n" },
    { "a copy is replayed whenever one likes",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b, { delay = '10ms' })\n"
      "local s, u = b:udp(9000), a:udp(1000)\n"
      "local copy = l:copy({ udp = true }, { count = 1 })\n"
      "u:sendto('one', b, 9000) u:sendto('two', b, 9000)\n"
      "print(s:recvfrom()) print(s:recvfrom())\n"
      "print(copy:wait(), copy:replay(), copy:replay(), copy.caught)\n"
      "print(s:recvfrom()) print(s:recvfrom())\n"
      "print(s:recvfrom { timeout = 1 })",
      "one\t10.0.1.1:1000\n"
      "two\t10.0.1.1:1000\n"
      "true\t1\t1\t1\n"
      "one\t10.0.1.1:1000\n"
      "one\t10.0.1.1:1000\n"
      "nil\tTIMEOUT\n" },
    { "drop: skip, count, from, after, before; the oldest rule acts",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "local ping = function() return a:ping(b, { count = 4, interval = 1, timeout = 1 "
      "}).received end\n"
      "local r = l:drop({ icmp = 'echo-request' }, { skip = 1, count = 2 })\n"
      "print(ping(), r.hits)\n"
      "r = l:drop({ icmp = true }, { from = b })\n"
      "local shadowed = l:drop({ icmp = 'echo-reply' })\n"
      "print(ping(), r.hits, shadowed.hits)\n"
      "r:remove() shadowed:remove()\n"
      "r = l:drop('icmp', { after = sim.now() + 1.5, before = sim.now() + 2.5 })\n"
      "print(ping(), r.hits)\n"
      "r = l:drop(nil, { probability = 0 })\n"
      "print(ping(), r.hits, r:wait { timeout = 1 })",
      "2\t2\n"
      "0\t4\t0\n"
      "3\t1\n"
      "4\t0\tnil\tTIMEOUT\n" },
    { "delay, duplicate, corrupt",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "local s, u = b:udp(9), a:udp(1000)\n"
      "l:delay({ udp = true }, '30s', { count = 1 })\n"
      "l:duplicate({ udp = true }, { copies = 2, delay = '5s', count = 1 })\n"
      "l:corrupt({ udp = true }, { bit = 42 * 8, count = 1 })\n"
      "for i = 1, 4 do u:sendto('d' .. i, b, 9) end\n"
      "while true do\n"
      "  local d = s:recvfrom { timeout = '1min' }\n"
      "  if not d then break end\n"
      "  print(d, sim.now())\n"
      "end\n"
      "print(b.drops['link.fcs'], l.counters.corrupted, l.counters.duplicated)",
      "d2\t0.0\n"
      "d4\t0.0\n"
      "d2\t5.0\n"
      "d2\t5.0\n"
      "d1\t30.0\n"
      "1\t1\t2\n" },
    { "without the frame check a damaged datagram gets as far as its checksum",
      "local a, b = sim.host('a'), sim.host('b', { fcs = false })\n"
      "local l = sim.link(a, b)\n"
      "b:udp(9)\n"
      "l:corrupt('udp', { bit = 42 * 8 })\n"
      "a:udp():sendto('damaged', b, 9)\n"
      "sim.sleep(1)\n"
      "print(b.drops['link.fcs'], b.drops['udp.checksum'])",
      "0\t1\n" },
    { "modify: fields, payload, and sums put right unless told otherwise",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "local s, u = b:udp(9000), a:udp(1234)\n"
      "l:modify({ udp = true }, function(p) p.payload = p.payload .. ' and more' p.ip.ttl = 3 "
      "p.udp.sport = 7 end,\n"
      "  { count = 1 })\n"
      "l:modify({ udp = true }, function(p) p.payload = p.payload:upper() end, { sums = "
      "false, count = 1 })\n"
      "l:modify({ udp = true }, function(p) p.payload = '' end, { count = 1 })\n"
      "l:modify({ udp = true }, function(p) p.udp.checksum = 0 end, { count = 1 })\n"
      "l:modify({ udp = true }, function(p) p.ip.ttl = 0 p.ip.checksum = 1 end, { count = 1 "
      "})\n"
      "for i = 1, 5 do u:sendto('hello', b, 9000) end\n"
      "while true do\n"
      "  local d, from = s:recvfrom { timeout = 1 }\n"
      "  if not d then break end\n"
      "  print(d, from)\n"
      "end\n"
      "print(b.drops['udp.checksum'], b.drops['ip.checksum'])\n"
      "for _, p in ipairs(b:packets { udp = true }) do print(p, p.ip.ttl, p.ip.len, "
      "p.altered, p.remark) end",
      "hello and more\t10.0.1.1:7\n"
      "\t10.0.1.1:1234\n"
      "hello\t10.0.1.1:1234\n"
      "1\t1\n"
      "IP 10.0.1.1.7 > 10.0.1.2.9000: UDP, length 14\t3\t42\ttrue\tmodified by rule modify "
      "(t.lua:5)\n"
      "IP 10.0.1.1.1234 > 10.0.1.2.9000: UDP, length 5\t64\t33\ttrue\tmodified by rule modify "
      "(t.lua:7)\n"
      "IP 10.0.1.1.1234 > 10.0.1.2.9000: UDP, length 0\t64\t28\ttrue\tmodified by rule modify "
      "(t.lua:8)\n"
      "IP 10.0.1.1.1234 > 10.0.1.2.9000: UDP, length 5\t64\t33\ttrue\tmodified by rule modify "
      "(t.lua:9)\n"
      "IP 10.0.1.1.1234 > 10.0.1.2.9000: UDP, length 5\t0\t33\ttrue\tmodified by rule modify "
      "(t.lua:10)\n" },
    { "modify changes TCP's options",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "b:listen(80)\n"
      "l:modify({ tcp = 'S' }, function(p) p.tcp.mss = 500 p.tcp.wscale = 2 "
      "p.tcp.sack_permitted = true end)\n"
      "l:modify({ tcp = 'S.' }, function(p) p.tcp.options = '' p.tcp.window = 7 end)\n"
      "local c = a:connect(b, 80)\n"
      "print(b:packets { tcp = 'S' }[1].tcp.options, b:packets { tcp = 'S' }[1].tcp.mss, "
      "b:packets { tcp = 'S' }[1].tcp.wscale)\n"
      "print(a:packets { tcp = 'S.' }[1].tcp.mss, c:info().snd_wnd, c:info().mss)",
      "nil\t500\t2\n"
      "nil\t7\t536\n" },
    { "all three kinds of filter match the same",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "b:listen(80)\n"
      "local c = a:connect(b, 80)\n"
      "c:send('x') c:close()\n"
      "sim.sleep(1)\n"
      "local function count(...)\n"
      "  local t = {}\n"
      "  for _, f in ipairs { ... } do t[#t + 1] = #l:packets(f) end\n"
      "  print(table.concat(t, ' '))\n"
      "end\n"
      "count({ tcp = 'S' }, 'tcp[tcpflags] = tcp-syn', function(p) return p.tcp and "
      "p.tcp.flags == 'S' end)\n"
      "count({ src = a, dport = 80 }, 'src host a and dst port 80', function(p) return p.ip "
      "and p.ip.src == a.ip end)\n"
      "count({ tcp = true, data = true }, 'tcp port 80 and len > 66', function(p) return "
      "p.tcp and #p.payload > 0 end)\n"
      "count({ arp = 'reply' }, 'arp[6:2] = 2', function(p) return p.arp and p.arp.op == 2 "
      "end)\n"
      "count({ tcp = true, seq = 1 }, nil, 'arp or ip', {})\n"
      "print(#l:packets({ tcp = true }, { since = sim.now() }))",
      "1 1 1\n"
      "4 4 4\n"
      "1 3 1\n"
      "1 1 1\n"
      "3\n"
      "0\n" },
    { "inject: a forged frame in one direction",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b, { delay = '10ms' })\n"
      "l:inject({ icmp = { id = 3, seq = 4 }, ip = { src = '9.9.9.9', dst = b }, payload = "
      "'x' }, { to = b })\n"
      "l:inject({ arp = { op = 'request', spa = '10.0.1.7', sha = '02:00:00:00:00:77', tpa = "
      "b } }, { from = a })\n"
      "l:drop()\n"
      "sim.sleep(1)\n"
      "for _, p in ipairs(b:packets()) do print(p.time, p.kind, p, p.eth.src, p.eth.dst, "
      "p.remark) end\n"
      "print(b:arp_table()['10.0.1.7'].mac)",
      "0.01\treceived\tIP 9.9.9.9 > 10.0.1.2: ICMP echo request, id 3, seq 4, length "
      "9\t02:00:00:00:00:01\t02:00:00:00:00:02\tforged (t.lua:3)\n"
      "0.01\treceived\tARP, Request who-has 10.0.1.2 tell 10.0.1.7, length "
      "28\t02:00:00:00:00:01\tff:ff:ff:ff:ff:ff\tforged (t.lua:4)\n"
      "0.01\tsent\tARP, Reply 10.0.1.2 is-at 02:00:00:00:00:02, length "
      "28\t02:00:00:00:00:02\t02:00:00:00:00:77\tnil\n"
      "02:00:00:00:00:77\n" },
};

/* One row per mistake, and what is said of it. */
static const struct {
    const char *text, *error;
} wrong[] = {
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:modify({ udp = true },\n"
      "  function(p) p.udp.spot = 3 end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:3: packet: udp has no field 'spot', did you mean 'sport'?" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:modify({ udp = true }, function(p) p.tcp = { seq = 3 } end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:3: packet: this one has no tcp header" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:modify({ udp = true }, function(p) p.payload = ('x'):rep(5000) end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:3: modify: a packet cannot grow beyond 1634 bytes" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:modify(nil, function(p)\n"
      "  p.nothing.x = 1 end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:4: attempt to index a nil value (field 'nothing')" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:drop(function(p)\n"
      "  return p.tcp.x.y end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:4: attempt to index a nil value (field 'tcp')" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:drop(function(p)\n"
      "  sim.sleep(1) end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:4: 'sleep' waits, and a callback (filter) cannot: start a task with sim.spawn" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:drop(function(p)\n"
      "  l:down() end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:4: link:down: a filter may look at packets, not act on the world" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:drop(function(p)\n"
      "  a:udp():sendto('y', b, 9) end)\n"
      "a:udp():sendto('x', b, 9)\n"
      "sim.sleep(1)",
      "t.lua:4: udp: a filter may look at packets, not act on the world" },
    { "local a, b, c = sim.host('a'), sim.host('b'), sim.host('c')\n"
      "local l = sim.link(a, b) sim.link(b, c)\n"
      "l:drop({}, { from = c })",
      "t.lua:3: drop: from: c is not on this link" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({ tpc = true })",
      "t.lua:1: filter: no field 'tpc', did you mean 'tcp'? (fields..." },
    { "sim.link(sim.host('a'), sim.host('b')):drop({ tcp = 'Z' })",
      "t.lua:1: filter: 'Z' is not TCP flags: letters of 'FSRP.UEW' as tcpdump prints them "
      "('.' is ACK), each at most once, or 'none'" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({ tcp = 3 })",
      "t.lua:1: filter: tcp is true, or text such as \"S.\", \"request\", \"echo-request\"" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({ sport = 70000 })",
      "t.lua:1: filter: sport is a whole number from 0 to 65535, not '70000'" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({ data = 'yes' })",
      "t.lua:1: filter: data is true or false" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({ icmp = 'echo-req' })",
      "t.lua:1: filter: no ICMP message is called 'echo-req', did you mean 'echo-request'?" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({ src = 'c' })",
      "t.lua:1: no host 'c'" },
    { "sim.link(sim.host('a'), sim.host('b')):drop('host c')",
      "t.lua:1: filter 'host c': no node is called 'c'" },
    { "sim.link(sim.host('a'), sim.host('b')):drop('tcp port port')",
      "t.lua:1: filter 'tcp port port': a port is a number, 'port' would be looked up on the "
      "machine" },
    { "sim.link(sim.host('a'), sim.host('b')):drop(3)",
      "t.lua:1: a filter is a table, a pcap expression or a function, not a number" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({}, { cont = 1 })",
      "t.lua:1: drop: no field 'cont', did you mean 'count'? (fields..." },
    { "sim.link(sim.host('a'), sim.host('b')):drop({}, { count = 0 })",
      "t.lua:1: drop: count: 0 is too small: at least 1" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({}, { probability = 5 })",
      "t.lua:1: drop: probability: 5 is not a probability: write a number from 0 to 1 or e.g. "
      "\"5%\"; did you mean \"5%\"?" },
    { "sim.link(sim.host('a'), sim.host('b')):drop({}):release()",
      "t.lua:1: rule:release: it is for what link:hold has made; this is drop (t.lua:1)" },
    { "sim.link(sim.host('a'), sim.host('b')):hold({}):replay()",
      "t.lua:1: rule:replay: it is for what link:copy has made; this is hold (t.lua:1)" },
    { "sim.link(sim.host('a'), sim.host('b')):modify({}, {})",
      "t.lua:1: modify: a function of the packet is wanted, not a table" },
    { "sim.link(sim.host('a'), sim.host('b')):delay({}, '30 fortnights')",
      "t.lua:1: \"30 fortnights\" is not a time: write a number of seconds or e.g. \"10ms\", "
      "\"2min\"" },
    { "sim.link(sim.host('a'), sim.host('b')):inject({ ip = {} })",
      "t.lua:1: inject: which way? { to = node } or { from = node }" },
    { "local a, b, c = sim.host('a'), sim.host('b'), sim.host('c')\n"
      "sim.link(a, b):inject({ ip = {} }, { to = c })",
      "t.lua:2: inject: c is not on this link" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b):inject({ ip = {} }, { to = b })",
      "t.lua:2: packet: ip.dst is wanted" },
    { "local l = sim.link(sim.host('a'), sim.host('b'))\n"
      "l:drip()",
      "t.lua:2: link: no field 'drip', did you mean 'drop'?" },
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

Suite *lua_fault_suite(void);
Suite *lua_fault_suite(void)
{
    Suite *suite = suite_create("lua_fault");
    TCase *tc = tcase_create("lua_fault");
    tcase_add_loop_test(tc, prints, 0, G_N_ELEMENTS(shown));
    tcase_add_loop_test(tc, names_the_line_and_the_mistake, 0, G_N_ELEMENTS(wrong));
    suite_add_tcase(suite, tc);
    return suite;
}
