/*
 * test_lua_net.c - nodes, links, routes, tables and what a scenario may get wrong about them.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>
#include <glib.h>

/* What holds, a scenario that shows it, and what that prints. */
static const struct {
    const char *claim, *text, *printed;
} shown[] = {
    { "addresses and MACs count up, a node prints what it has",
      "local a, r, b = sim.host('a'), sim.router('r'), sim.host('b')\n"
      "local l = sim.link(a, r)\n"
      "sim.link(r, b)\n"
      "print(a, l, l.name, l.state)\n"
      "print(a.ip, r.ip, b.ip, a.mac, b.mac, a.name, a.state)\n"
      "print(a, r, b)\n"
      "print(a == sim.host('c') or a == a)",
      "host<a>\tlink<a-r>\ta-r\tup\n"
      "10.0.1.1\t10.0.1.2\t10.0.2.2\t02:00:00:00:00:01\t02:00:00:00:00:04\ta\tup\n"
      "host<a 10.0.1.1>\trouter<r 10.0.1.2 10.0.2.1>\thost<b 10.0.2.2>\n"
      "true\n" },
    { "many hosts in one call are what as many calls make",
      "local r, far = sim.router('r'), sim.host('far')\n"
      "sim.link(r, far)\n"
      "local all = sim.hosts('h', 12, r, { delay = '1ms' }, { tcp = { msl = '1s' } })\n"
      "local i = all[12]:interface('eth0')\n"
      "print(#all, all[1], all[12], i.link, all[12].mac, all[12].ip)\n"
      "print(all[12]:ping(far, { count = 1 }).received, i.link.counters.delivered)\n"
      "print(#sim.hosts('n', 0), #sim.hosts('n', 1), r:interface('eth20').link)\n"
      "print(pcall(sim.hosts, 'h1', 3))\n"
      "print(sim.host('h13'))\n"
      "print(sim.hosts('d', 2, nil, nil, { ip = 'dhcp' })[2])",
      "12\thost<h1 10.0.2.1>\thost<h12 10.0.13.1>\tlink<h12-r>\t02:00:00:00:00:19\t10.0.13.1\n"
      "1\t4\n"
      "0\t1\tnil\n"
      "false\tt.lua:8: sim.hosts: there is a node called 'h11' already\n"
      "host<h13>\n"
      "host<d2>\n" },
    { "what is said wins over what is given out",
      "local a = sim.host('a', { ip = '192.168.1.10/24', mac = '02:00:00:00:aa:01', gateway = "
      "'192.168.1.1' })\n"
      "local r = sim.router('r')\n"
      "local i = r:interface('eth0', { ip = '192.168.1.1/24', mac = '02:00:00:00:aa:02' })\n"
      "local sw, b = sim.switch('sw'), sim.host('b')\n"
      "sim.link(a, sw) sim.link(sw, i)\n"
      "sim.link(r, b)\n"
      "print(a.ip, a.mac, i, i.ip, i.mac, i.node, i.name)\n"
      "print(a:ping(b, { count = 1 }).received, r:interface('eth1').ip, b.ip, sw)",
      "192.168.1.10\t02:00:00:00:aa:01\tinterface<r.eth0 "
      "192.168.1.1/24>\t192.168.1.1\t02:00:00:00:aa:02\trouter<r 192.168.1.1 10.0.1.1>\teth0\n"
      "1\t10.0.1.1\t10.0.1.2\tswitch<sw>\n" },
    { "a host with two addresses has two interfaces",
      "local a = sim.host('a', { ip = { '10.1.0.1/24', '10.2.0.1/24' } })\n"
      "local b, c = sim.host('b'), sim.host('c')\n"
      "sim.link(a, b) sim.link(a, c)\n"
      "print(b.ip, c.ip, a)",
      "10.1.0.2\t10.2.0.2\thost<a 10.1.0.1 10.2.0.1>\n" },
    { "a queue may have a discipline; its figures are those of its type",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b, { rate = '8Mbit', queue = { type = 'fq_codel', limit = 3 },\n"
      "  reverse = { queue = '64KiB' } })\n"
      "b:udp(9)\n"
      "local u = a:udp()\n"
      "u:sendto('x', b, 9) sim.sleep(1)\n"
      "for i = 1, 6 do u:sendto(('x'):rep(958), b, 9) end\n"
      "local q, back = l:queue(), l:queue(b)\n"
      "print(q.type, q.packets, q.bytes, q.limit, q.new_flows, q.dropping)\n"
      "print(back.type, back.packets, back.limit)\n"
      "print(l.counters.backlog, l.counters.forward.backlog_bytes, l.counters.marked)\n"
      "print(l.drops['link.fq-overlimit'], l.drops['link.codel'], l.counters.queue_drops)\n"
      "sim.settle()\n"
      "print(l:queue(a).packets, l:queue().waited)\n"
      "l:set { queue = 'red' }\n"
      "print(l:queue().type, l:queue().limit, l:queue().average, l:queue(b).type)\n"
      "l:set { queue = 50 }\n"
      "print(l:queue().type, l:queue().limit)",
      "fq_codel\t3\t3000\t3\t1\tfalse\n"
      "drop-tail\t0\t65536\n"
      "3\t3000\t0\n"
      "2\t0\t2\n"
      "0\t0.003\n"
      "red\t1000\t0\tred\n"
      "drop-tail\t50\n" },
    { "a sample is a list that grows while others keep the world alive",
      "local rows = sim.sample('10ms', function() return { n = sim.now() * 2 } end)\n"
      "local values = sim.sample('20ms', function() return 7 end)\n"
      "sim.sleep('35ms')\n"
      "for _, r in ipairs(rows) do print(r.time, r.n) end\n"
      "for _, r in ipairs(values) do print(r.time, r.value) end\n"
      "sim.settle()\n"
      "print(#rows, #values)",
      "0.0\t0.0\n0.01\t0.02\n0.02\t0.04\n0.03\t0.06\n0.0\t7\n0.02\t7\n4\t2\n" },
    { "a black hole and an unreachable route",
      "local a, r = sim.host('a'), sim.router('r')\n"
      "sim.link(a, r)\n"
      "a:route('0.0.0.0/0', r)\n"
      "r:route('10.66.0.0/16', 'blackhole')\n"
      "r:route('10.67.0.0/16', 'unreachable')\n"
      "local u = a:udp()\n"
      "u:sendto('x', '10.66.0.1', 9)\n"
      "print(a:ping('10.67.0.1', { count = 1 }).rtts[1].error)\n"
      "print(r.drops['ip.blackhole'], r.drops['ip.unreachable'], r.drops['ip.ttl'])\n"
      "for _, row in ipairs(r:routes()) do print(row.prefix, row.kind, row.origin, row.iface) "
      "end",
      "Destination Host Unreachable\n"
      "1\t1\t0\n"
      "10.0.1.0/24\tdirect\tconnected\teth0\n"
      "10.66.0.0/16\tblackhole\tstatic\tnil\n"
      "10.67.0.0/16\tunreachable\tstatic\tnil\n" },
    { "routes = static: nothing comes by itself",
      "local a, r, b = sim.host('a', { routes = 'static' }), sim.router('r'), sim.host('b')\n"
      "sim.link(a, r) sim.link(r, b)\n"
      "print(a:udp():sendto('x', b, 9))\n"
      "a:route('10.0.2.0/24', r)\n"
      "print(a:udp():sendto('x', b, 9))",
      "nil\tENETUNREACH\n"
      "1\n" },
    { "defaults hold for what is made after",
      "local a = sim.host('a')\n"
      "sim.defaults { tcp = { msl = '1s' }, arp = { warm = true }, ipv4 = { ttl = 9 } }\n"
      "local b, c = sim.host('b'), sim.host('c')\n"
      "sim.link(a, b) sim.link(b, c)\n"
      "b:ping(c, { count = 1 })\n"
      "print(#b:arp_table(), b:arp_table()[c.ip].state, b:packets({ icmp = true })[1].ip.ttl)",
      "2\tPERMANENT\t9\n" },
    { "a name of the hosts option is a target, and only there",
      "local b = sim.host('b')\n"
      "local a = sim.host('a', { hosts = { printer = b, other = '10.0.1.1' } })\n"
      "sim.link(b, a)\n"
      "local s = b:udp(9)\n"
      "print(a:udp():sendto('x', 'printer:9'), a:udp():sendto('x', 'other', 9), "
      "(s:recvfrom()))\n"
      "print(pcall(b.connect, b, 'printer', 80))",
      "1\t1\tx\n"
      "false\tt.lua:6: no host 'printer'\n" },
    { "isn takes words, a number, a list",
      "local function isn(value, n)\n"
      "  local name = 'h' .. n\n"
      "  local h, s = sim.host(name, { tcp = { isn = value } }), sim.host('s' .. n)\n"
      "  sim.link(h, s)\n"
      "  s:listen(80)\n"
      "  local c, d = h:connect(s, 80), h:connect(s, 80)\n"
      "  print(c:info().iss, d:info().iss)\n"
      "end\n"
      "isn(5000, 1)\n"
      "isn({ 5000, 9000 }, 2)\n"
      "isn({ 7 }, 3)",
      "5000\t5000\n"
      "5000\t9000\n"
      "7\t7\n" },
    { "link options in both directions, and in tc's words",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b, { delay = '10ms', forward = { delay = '30ms' }, queue = "
      "'64KiB' })\n"
      "print(a:ping(b, { count = 2 }).rtts[2].rtt)\n"
      "l:set { netem = 'delay 1ms loss 0%', reverse = { delay = '2ms' } }\n"
      "print(a:ping(b, { count = 1 }).rtts[1].rtt)\n"
      "l:set { loss = { model = 'gilbert-elliott', p = 1 } }\n"
      "print(a:ping(b, { count = 2, timeout = 1 }).received, l.counters.forward.lost, "
      "l.counters.lost)\n"
      "l:set { loss = 0 }\n"
      "l:down()\n"
      "print(l, l.state, a:ping(b, { count = 1, timeout = 1 }).received, l.counters.dropped)\n"
      "l:up()\n"
      "print(l, a:ping(b, { count = 1 }).received)",
      "0.04\n"
      "0.003\n"
      "1\t1\t1\n"
      "link<a-b down>\tdown\t0\t1\n"
      "link<a-b>\t1\n" },
    { "the MTU of a link is that of its interfaces",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { mtu = 600 })\n"
      "print(a:ping(b, { count = 1, size = 1000 }).received, a.counters.IpFragCreates)\n"
      "print(a:ping(b, { count = 1, size = 1000, df = true }).rtts[1].error)",
      "1\t2\n"
      "Message too long\n" },
    { "traceroute names each hop; ping prints as ping does",
      "local a, r, b = sim.host('a'), sim.router('r'), sim.host('b')\n"
      "sim.link(a, r, { delay = '5ms' }) sim.link(r, b, { delay = '5ms' })\n"
      "local rows = a:traceroute(b, { queries = 2 })\n"
      "print(rows) print(#rows, rows[1].node == r, rows[2].ip, rows[2].rtts[2])\n"
      "print(a:ping(b, { count = 2, size = 1000, interval = '10ms' }))\n"
      "print(a:ping(b, { ttl = 1, count = 1 }))\n"
      "print(a:ping('10.0.1.99', { count = 1 }).rtts[1].error)",
      "traceroute to b (10.0.2.2), 30 hops max, 60 byte packets\n"
      " 1  r (10.0.1.2)  20.000 ms  10.000 ms\n"
      " 2  b (10.0.2.2)  30.000 ms  20.000 ms\n"
      "2\ttrue\t10.0.2.2\t0.02\n"
      "PING 10.0.2.2 1000(1028) bytes of data.\n"
      "1008 bytes from 10.0.2.2: icmp_seq=1 ttl=63 time=20.000 ms\n"
      "1008 bytes from 10.0.2.2: icmp_seq=2 ttl=63 time=20.000 ms\n"
      "\n"
      "--- 10.0.2.2 ping statistics ---\n"
      "2 packets transmitted, 2 received, 0% packet loss\n"
      "rtt min/avg/max = 20.000/20.000/20.000 ms\n"
      "PING 10.0.2.2 56(84) bytes of data.\n"
      "From 10.0.1.2 icmp_seq=1 Time to live exceeded\n"
      "\n"
      "--- 10.0.2.2 ping statistics ---\n"
      "1 packets transmitted, 0 received, 100% packet loss\n"
      "Destination Host Unreachable\n" },
    { "an absent hop is a star",
      "local a, r, b = sim.host('a'), sim.router('r'), sim.host('b')\n"
      "sim.link(a, r) local l = sim.link(r, b)\n"
      "a:ping(b)\n"
      "l:down()\n"
      "print(a:traceroute(b, { max_hops = 3, timeout = 1 }))",
      "traceroute to b (10.0.2.2), 3 hops max, 60 byte packets\n"
      " 1  r (10.0.1.2)  0.000 ms\n"
      " 2  *\n"
      " 3  *\n" },
    { "the switch's table, a permanent ARP entry, a gratuitous ARP",
      "local a, b, sw = sim.host('a'), sim.host('b'), sim.switch('sw', { ageing = '10s' })\n"
      "sim.link(a, sw) sim.link(b, sw)\n"
      "a:arp_set(b, b)\n"
      "print(a:arp_table()[b.ip].state, a:arp_table()[b.ip].mac == b.mac)\n"
      "b:arp_announce()\n"
      "sim.sleep(1)\n"
      "print(#sw:mac_table(), sw:mac_table()[b.mac].port, #a:packets { arp = true })\n"
      "sim.sleep(10)\n"
      "print(#sw:mac_table())",
      "PERMANENT\ttrue\n"
      "1\teth1\t1\n"
      "0\n" },
    { "counters of nstat, drops by reason",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "a:connect(b, 80)\n"
      "print(a.counters.TcpActiveOpens, b.counters.TcpOutRsts, b.drops['tcp.closed'], "
      "b.drops['udp.no-port'])\n"
      "print(l.counters.sent, l.counters.forward.sent, l.counters.reverse.delivered)",
      "1\t1\t1\t0\n"
      "4\t2\t2\n" },
    { "what was warm is warm after the boot, for the first packet too",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "b:listen(80)\n"
      "local c = a:connect(b, 80)\n"
      "b:crash()\n"
      "b:boot()\n"
      "c:send('x')\n"
      "print(c:recv())\n"
      "print(#b:packets { arp = true })",
      "nil\tECONNRESET\n"
      "0\n" },
    { "crash and boot",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '.1' })\n"
      "b:spawn(function() b:listen(80):accept():recv() print('never') end)\n"
      "local l = b:listen(81)\n"
      "sim.spawn(function() print('accept', l:accept()) end)\n"
      "local c = a:connect(b, 80)\n"
      "b:crash()\n"
      "print(b.state, b:connect(a, 80))\n"
      "c:send('x')\n"
      "print(c:recv { timeout = 5 })\n"
      "b:boot { quiet_time = '10s' }\n"
      "print(sim.now())\n"
      "print(c:recv())\n"
      "print(a:ping(b, { count = 1 }).received)",
      "down\tnil\tENETDOWN\n"
      "accept\tnil\tENETDOWN\n"
      "nil\tTIMEOUT\n"
      "15.4\n"
      "nil\tECONNRESET\n"
      "1\n" },
};

/* One row per mistake, and what is said of it. */
static const struct {
    const char *text, *error;
} wrong[] = {
    { "sim.host('a'); sim.host('a')",
      "t.lua:1: sim.host: there is a node called 'a' already" },
    { "sim.host('a b')",
      "t.lua:1: sim.host: a name has letters, digits, '_', '.' and '-' only, not 'a b'" },
    { "sim.host('a\\0b')",
      "t.lua:1: sim.host: a name has letters, digits, '_', '.' and '-' only, not 'a'" },
    { "sim.host('10.0.0.1')",
      "t.lua:1: sim.host: '10.0.0.1' is an address, not a name" },
    { "sim.hosts('10.0.0.', 3)",
      "t.lua:1: sim.hosts: '10.0.0.1' is an address, not a name" },
    { "sim.hosts('h')",
      "t.lua:1: sim.hosts: how many is a whole number from 0 to 10000000, not nil" },
    { "sim.hosts('h', 1.5)",
      "t.lua:1: sim.hosts: how many is a whole number from 0 to 10000000, not 1.5" },
    { "sim.hosts('h', 3, 'r')",
      "t.lua:1: sim.hosts: they are linked to a node, not to a string" },
    { "sim.hosts('h', 3, nil, { delay = '1ms' })",
      "t.lua:1: sim.hosts: options of links, but no node that they lead to" },
    { "sim.hosts('h', 3, sim.router('r'), { dely = '1ms' })",
      "t.lua:1: link: no field 'dely', did you mean 'delay'? (fields..." },
    { "sim.hosts('h', 3, nil, nil, { mac = '02:00:00:00:00:01' })",
      "t.lua:1: sim.hosts: many hosts cannot have one mac" },
    { "sim.hosts('h', 3, nil, nil, { ip = '10.0.0.1/24' })",
      "t.lua:1: sim.hosts: many hosts cannot have one ip, but \"dhcp\"" },
    { "sim.host()",
      "t.lua:1: sim.host: a name is wanted" },
    { "sim.host('a', { tpc = {} })",
      "t.lua:1: sim.host: no field 'tpc', did you mean 'tcp'? (fields..." },
    { "sim.host('a', { arp = { wrm = 3 } })",
      "t.lua:1: arp: no field 'wrm', did you mean 'warm'? (fields..." },
    { "sim.host('a', { tcp = { msl = '3 parsecs' } })",
      "t.lua:1: tcp: msl: \"3 parsecs\" is not a time: write a number of seconds or e.g. "
      "\"10ms\", \"2min\"" },
    { "sim.host('a', { ip = '10.0.0.1' })",
      "t.lua:1: the address \"10.0.0.1\" needs the length of its prefix, as in \"10.0.0.1/24\"" },
    { "sim.host('a', { ip = 7 })",
      "t.lua:1: '7' is no address with a prefix such as \"10.0.0.1/24\"" },
    { "sim.host('a', { mac = 'hello', ip = '10.0.0.1/24' })",
      "t.lua:1: 'hello' is no MAC address such as \"02:00:00:00:00:01\"" },
    { "sim.host('a', { gateway = 'r1' })",
      "t.lua:1: gateway: 'r1' is no address such as \"10.0.0.1\"" },
    { "sim.host('a', { tcp = { isn = 'fxed' } })",
      "t.lua:1: tcp: isn is \"rfc6528\", \"clock\", \"fixed\", \"clock4ms\", \"random\", "
      "\"counter64k\", a number from 0 to 4294967295, "
      "or a list of them, not 'fxed'" },
    { "sim.host('a', { tcp = { isn = {1, -2} } })",
      "t.lua:1: tcp: isn is \"rfc6528\", \"clock\", \"fixed\", \"clock4ms\", \"random\", "
      "\"counter64k\", a number from 0 to 4294967295, "
      "or a list of them, not '-2'" },
    { "sim.host('a', { tcp = { handshake = 'two-ways' } })",
      "t.lua:1: tcp: handshake: \"two-ways\" is not one of three-way, two-way, none, "
      "split; did you mean \"two-way\"?" },
    { "sim.host('a', { routes = 'dynamic' })",
      "t.lua:1: routes is \"auto\" or \"static\", not 'dynamic'" },
    { "sim.host('a', { hosts = { x = 'y' } })",
      "t.lua:1: hosts: 'x' stands for neither an address nor a node" },
    { "sim.defaults{ arp = { worm = true } }",
      "t.lua:1: arp: no field 'worm', did you mean 'warm'? (fields..." },
    { "local a = sim.host('a')\n"
      "sim.link(a, a)",
      "t.lua:2: sim.link: a link joins two different nodes, not a with itself" },
    { "local a, b, c = sim.host('a'), sim.host('b'), sim.host('c')\n"
      "local e = a:interface('eth0')\n"
      "sim.link(e, b)\n"
      "sim.link(e, c)",
      "t.lua:4: sim.link: two links on one port: a.eth0 is linked to b already" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { dealy = '10ms' })",
      "t.lua:2: link: no field 'dealy', did you mean 'delay'? (fields..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10mx' })",
      "t.lua:2: link: delay: \"10mx\" is not a time: write a number of seconds or e.g. "
      "\"10ms\", \"2min\"" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { loss = 3 })",
      "t.lua:2: link: loss: 3 is not a probability: write a number from 0 to 1 or e.g. "
      "\"5%\"; did you mean \"3%\"?" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { loss = { model = 'gilbert', p = 0.1 } })",
      "t.lua:2: link: loss: model: \"gilbert\" is not one of random, gilbert-elliott; did you "
      "mean \"gilbert-elliott\"?" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { loss = { model = 'gilbert-elliott' } })",
      "t.lua:2: link: loss: gilbert-elliott needs p, the chance to get into the bad state" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = -1 })",
      "t.lua:2: link: queue is a number of packets or a size such as \"64KiB\", not '-1'" },
    { "sim.sample(0, print)", "t.lua:1: sim.sample: the interval is above zero" },
    { "sim.sample('1ms', function() sim.sleep(1) end) sim.sleep(1)",
      "t.lua:1: ..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = { limit = 5 } })",
      "t.lua:2: link: queue: a table names its type: drop-tail, red, codel or fq_codel" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = { type = 'fqcodel' } })",
      "t.lua:2: link: queue: type: \"fqcodel\" is not one of drop-tail, red, codel, fq_codel; did "
      "you mean..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = { type = 'codel', min = 5 } })",
      "t.lua:2: link: queue: no field 'min'..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = { type = 'codel', target = 'soon' } })",
      "t.lua:2: link: queue: target: \"soon\" is not a time..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = { type = 'red', min = 5, max = '64KiB' } })",
      "t.lua:2: link: queue: red: limit, min and max are all packets, or all bytes (\"64KiB\")" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = { type = 'red', min = 5, max = 5 } })",
      "t.lua:2: link: queue: red: max must be above min" },
    { "local a, b, c = sim.host('a'), sim.host('b'), sim.host('c')\n"
      "print(sim.link(a, b):queue(c))",
      "t.lua:2: link:queue: host<c> is not at an end of this link" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "print(sim.link(a, b):queue().average)",
      "t.lua:2: no figure of a queue 'average'..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { queue = '64KB/s' })",
      "t.lua:2: link: queue: \"64KB/s\" is not a size: write a number of bytes or e.g. "
      "\"64KiB\", \"100kB\"" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { forward = { rat = 1 } })",
      "t.lua:2: link: forward: no field 'rat', did you mean 'rate'? (fields..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { netem = 'delay 10ms los 1%' })",
      "t.lua:2: netem: no word 'los', did you mean 'loss'?" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { netem = 'loss 1% 25%' })",
      "t.lua:2: netem: loss: a correlation between packets is not modelled" },
    { "local a = sim.host('a')\n"
      "sim.link(a, 'b')",
      "t.lua:2: sim.link: its ends are nodes or interfaces, not a string" },
    { "local a, b = sim.host('a', {ip='10.0.0.1/24'}), sim.host('b', {ip='10.0.0.1/24'})\n"
      "sim.link(a, b)\n"
      "print(a.ip)",
      "t.lua:3: address clash: a and b have the same address 10.0.0.1 in one network" },
    { "local a, b = sim.host('a'), sim.host('server')\n"
      "sim.link(a, b)\n"
      "a:connect('serber', 80)",
      "t.lua:3: no host 'serber', did you mean 'server'?" },
    { "local a = sim.host('a')\n"
      "a:connect(a, 80)",
      "t.lua:2: 'a' has no address: it is not linked to anything" },
    { "local a, s = sim.host('a'), sim.switch('s')\n"
      "s:listen(80)",
      "t.lua:2: switch: no field 'listen'" },
    { "local a, s = sim.host('a'), sim.switch('s')\n"
      "sim.link(a, s)\n"
      "a:connect(s, 80)",
      "t.lua:3: 's' is a switch: it has no address" },
    { "local a = sim.host('a')\n"
      "a.ipp = 3",
      "t.lua:2: the fields of a host cannot be set" },
    { "local a = sim.host('a')\n"
      "print(a.ipp)",
      "t.lua:2: host: no field 'ipp'" },
    { "local a = sim.host('a')\n"
      "a:route('10.0.0.0/33', '10.0.0.1')",
      "t.lua:2: '10.0.0.0/33' is no address with a prefix such as \"10.0.0.1/24\"" },
    { "local a = sim.host('a')\n"
      "a:route('10.0.0.1/24', '10.0.0.1')",
      "t.lua:2: route: 10.0.0.1/24 has bits beyond its prefix" },
    { "local a = sim.host('a')\n"
      "a:route('10.0.0.0/24', 'blckhole')",
      "t.lua:2: no host 'blckhole'" },
    { "local a = sim.host('a')\n"
      "print(a.counters.TcpRetransSeg)",
      "t.lua:2: no counter 'TcpRetransSeg', did you mean 'TcpRetransSegs'?" },
    { "local a = sim.host('a')\n"
      "print(a.drops['tcp.close'])",
      "t.lua:2: no reason 'tcp.close' to drop, did you mean 'tcp.closed'?" },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "l:set{ los = 1 }",
      "t.lua:3: link: no field 'los', did you mean 'loss'? (fields..." },
    { "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b)\n"
      "print(l.counters.lst)",
      "t.lua:3: no counter 'lst', did you mean 'lost'?" },
    { "local a = sim.host('a')\n"
      "a:listen(0)",
      "t.lua:2: a port is a whole number from 1 to 65535, not '0'" },
    { "local a = sim.host('a')\n"
      "a:listen(80, { backlg = 1 })",
      "t.lua:2: listen: no field 'backlg', did you mean 'backlog'? (fields..." },
    { "local a = sim.host('a')\n"
      "a:connect('10.0.0.1')",
      "t.lua:2: which port? (10.0.0.1)" },
    { "sim.switch('s', { ageing = 'x' })",
      "t.lua:1: sim.switch: ageing: \"x\" is not a time: write a number of seconds or e.g. "
      "\"10ms\", \"2min\"" },
    { "sim.switch('s'):interface('p1', { ip = '10.0.0.1/24' })",
      "t.lua:1: interface: 's' is a switch: its ports have no addresses" },
    { "local a = sim.host('a') a:boot()",
      "t.lua:1: boot: a is running" },
    { "local a = sim.host('a') a:crash() a:crash()",
      "t.lua:1: crash: a is down already" },
    { "local a = sim.host('a') a:arp_set('10.0.0.1', '02:00:00:00:00:01')",
      "t.lua:1: arp_set: 10.0.0.1 is not on a network of a" },
    { "sim.host('a'):ping('b')",
      "t.lua:1: no host 'b'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "coroutine.wrap(function() a:ping(b) end)()",
      "t.lua:2: 'ping' waits, and a coroutine of your own cannot: start a task with "
      "sim.spawn" },
    { "local a = sim.host('a')\n"
      "a:sockets { state = 'SYN_RECV' }",
      "t.lua:2: sockets: no state 'SYN_RECV'" },
    { "sim.host('a'):ss { timer = true }",
      "t.lua:1: ss: no field 'timer', did you mean 'timers'? (fields..." },
    { "sim.link(sim.host('a'), sim.host('b'), { netem = 'delay 10ms distribution cauchy' })",
      "t.lua:1: netem: distribution: uniform, normal or pareto" },
    { "sim.link(sim.host('a'), sim.host('b'), { netem = 'delay 1ms 10000d' })",
      "t.lua:1: netem: jitter: \"10000d\" is too large: at most 8784h" },
    { "sim.link(sim.host('a'), sim.host('b'), { netem = 'rate' })",
      "t.lua:1: netem: rate: a rate is wanted" },
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

Suite *lua_net_suite(void);
Suite *lua_net_suite(void)
{
    Suite *suite = suite_create("lua_net");
    TCase *tc = tcase_create("lua_net");
    tcase_add_loop_test(tc, prints, 0, G_N_ELEMENTS(shown));
    tcase_add_loop_test(tc, names_the_line_and_the_mistake, 0, G_N_ELEMENTS(wrong));
    suite_add_tcase(suite, tc);
    return suite;
}
