/*
 * test_lua_sock.c - TCP and UDP as a scenario sees them.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>
#include <glib.h>

/* What holds, a scenario that shows it, and what that prints. */
static const struct {
    const char *claim, *text, *printed;
} shown[] = {
    { "half-close, and the ways to receive",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "b:spawn(function()\n"
      "  local l = b:listen(80, { backlog = 2 })\n"
      "  print(l, l.port, l.backlog, l.state)\n"
      "  local c <close> = l:accept()\n"
      "  print(c:recv('line'), c:recv(3), c:recv('line'), c:recv())\n"
      "  print(c:recv('line')) print(c:recv()) print(c:recv('all'))\n"
      "  c:send('bye')\n"
      "end)\n"
      "local c = a:connect('b:80', { sport = 40000, timeout = 3 })\n"
      "print(c, c.local_ip, c.local_port, c.remote_ip, c.remote_port)\n"
      "print(c:send('line one\\r\\nabcdef\\nlast'))\n"
      "c:shutdown()\n"
      "print(c.state)\n"
      "print(c:recv('all')) print(c:recv())\n"
      "print(c:wait('TIME_WAIT'), c.state, sim.now(), c.error)\n"
      "print(c:wait('CLOSED'), sim.now())\n"
      "print(c:wait('ESTABLISHED', { timeout = 1 }))\n"
      "print(c:send('x')) print(c:recv())",
      "listener<b:80>\t80\t2\tLISTEN\n"
      "conn<10.0.1.1:40000 > 10.0.1.2:80 ESTABLISHED>\t10.0.1.1\t40000\t10.0.1.2\t80\n"
      "21\n"
      "FIN_WAIT_1\n"
      "line one\tabc\tdef\tlast\n"
      "nil\tEOF\n"
      "nil\tEOF\n"
      "\n"
      "bye\n"
      "nil\tEOF\n"
      "true\tTIME_WAIT\t0.06\tnil\n"
      "true\t240.06\n"
      "nil\tTIMEOUT\n"
      "nil\tEPIPE\t0\n"
      "nil\tEOF\n" },
    { "Fast Open: the first visit asks, the second brings its data along, either end may know",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "local l = b:listen(80, { fastopen = true })\n"
      "b:spawn(function()\n"
      "  while true do\n"
      "    local c = l:accept()\n"
      "    print(sim.now(), c.state, c:recv('all'), c:info().syn_data)\n"
      "  end\n"
      "end)\n"
      "for _, data in ipairs { true, 'one', 'two' } do\n"
      "  local c = a:connect(b, 80, { fastopen = data })\n"
      "  print(sim.now(), c:info().syn_data)\n"
      "  c:shutdown()\n"
      "  sim.sleep(1)\n"
      "end\n"
      "local n = b.counters\n"
      "print(n.TcpExtTCPFastOpenCookieReqd, n.TcpExtTCPFastOpenPassive,\n"
      "      a.counters.TcpExtTCPFastOpenActive)",
      "0.02\tfalse\n"
      "0.03\tCLOSE_WAIT\t\tfalse\n"
      "1.04\ttrue\n"
      "1.03\tSYN_RECEIVED\tone\ttrue\n"
      "2.06\ttrue\n"
      "2.05\tSYN_RECEIVED\ttwo\ttrue\n"
      "1\t2\t2\n" },
    { "a socket that sinks counts what comes, and what had come, and answers nobody less for it",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "local s, u = b:udp(9), a:udp()\n"
      "u:sendto('early', b, 9) sim.sleep(1)\n"
      "print(s.received, s.received_bytes, s.readable, s:recvfrom())\n"
      "u:sendto('waits', b, 9) sim.sleep(1)\n"
      "s:sink()\n"
      "for i = 1, 3 do u:sendto(('x'):rep(i), b, 9) end\n"
      "print(u:sendto(('x'):rep(60000), b, 9)) for _ = 1, 9 do u:sendto(('x'):rep(60000), b, 9) end\n"
      "sim.settle()\n"
      "print(s.received, s.received_bytes, s.readable, b.counters.UdpInDatagrams)\n"
      "print(b.counters.UdpRcvbufErrors)\n"
      "s:close() print(s.received, s.received_bytes)",
      "1\t5\t5\tearly\t10.0.1.1:53994\n"
      "60000\n"
      "15\t600016\t0\t15\n"
      "0\n"
      "0\t0\n" },
    { "a stream of datagrams: each so often or at a rate, until all are sent or something ends it",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "local s, u = b:udp(9), a:udp(7)\n"
      "print(u:stream(b, 9, { count = 3, every = '2ms', size = 20 }), sim.now())\n"
      "local wide = s:recvfrom() .. s:recvfrom() .. s:recvfrom()\n"
      "print(#wide, s:recvfrom { timeout = 0 })\n"
      "u:stream(b, 9, { count = 1, every = 0, size = 60 })\n"
      "print(s:recvfrom() == wide)\n"
      "s:sink()\n"
      "local from = sim.now()\n"
      "print(u:stream('b:9', { count = 11, rate = '8Mbit' }), sim.now() - from)\n"
      "print(u:stream(b, 9, { count = 1e6, every = '1ms', timeout = '1s' }))\n"
      "print(u:connect(b, 9), u:stream { count = 2, every = 1 })\n"
      "print(a:udp():stream('10.9.9.9', 9, { count = 2, every = 1 }))\n"
      "local function later(f) sim.spawn(function() sim.sleep('2500ms') f() end) end\n"
      "later(function() u:close() end)\n"
      "print(u:stream { count = 99, every = 1 })\n"
      "local v = a:udp()\n"
      "v:connect(b, 10)\n"
      "print(v:stream { count = 99, every = '15ms' })\n"
      "later(function() a:crash() end)\n"
      "a:spawn(function() a:udp():stream(b, 9, { count = 99, every = 1 }) print('never') end)\n"
      "print(a:udp():stream(b, 9, { count = 99, every = 1 }))\n"
      "sim.settle() print(s.received)\n"
      "a:boot() from = sim.now()\n"
      "sim.spawn(function() sim.sleep('10ms') a:crash() end)\n"
      "print(a:udp():stream(b, 9, { count = 99, every = '30min' })) print(('%.3f'):format(sim.now() - from))",
      "3\t0.004\n"
      "60\tnil\tTIMEOUT\n"
      "true\n"
      "11\t0.01\n"
      "nil\tTIMEOUT\t1001\n"
      "true\t2\n"
      "nil\tENETUNREACH\t0\n"
      "nil\tEINVAL\t3\n"
      "nil\tECONNREFUSED\t2\n"
      "nil\tENETDOWN\t3\n"
      "1027\n"
      "nil\tENETDOWN\t1\n"
      "0.010\n" },
    { "a connection is told what to do by one call, by connect, or by listen",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "b:spawn(function()\n"
      "  local c = b:listen(80, { tos = 0x20, ttl = 9 }):accept()\n"
      "  sim.wait(function() return c.urgent > 0 end)\n"
      "  print(sim.now(), c.urgent, c.pushed, c:recv())\n"
      "  c:send('x')\n"
      "end)\n"
      "local c = a:connect(b, 80, { cork = true, user_timeout = '5s' })\n"
      "c:send('abc') sim.sleep(0.1) print(c:info().snd_nxt - c:info().iss)\n"
      "c:set { cork = false } print(c:info().snd_nxt - c:info().iss)\n"
      "c:set { cork = true } c:send('de', { push = true }) print(c:info().snd_nxt - c:info().iss)\n"
      "c:send('!', { urgent = true })\n"
      "sim.sleep(1)\n"
      "local i = c:info()\n"
      "print(i.rcv_tos, i.sack, i.timestamps, i.window_scale, i.rcv_scale, i.in_pipe, i.has_owner)\n"
      "for _, p in ipairs(a:packets('src host b and tcp[13] & 8 != 0')) do print(p.ip.ttl) end\n"
      "c:set { cork = false, keepalive_time = '2s', keepalive_interval = '1s', keepalive_probes = 2 }\n"
      "b:crash() sim.sleep(10)\n"
      "print(c:flush(), c:recv(), c:recv())",
      "1\n4\n4\n"
      "0.15\t6\t3\tabc\n"
      "32\ttrue\ttrue\ttrue\t0\t0\ttrue\n"
      "9\n"
      "0\tx\tnil\tETIMEDOUT\n" },
    { "recv(n) waits for n, and gives what is left at the end",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "b:spawn(function()\n"
      "  local c = b:listen(80):accept()\n"
      "  print(c:recv(4)) print(c:recv(4, { timeout = 1 })) print(c:recv(4)) print(c:recv(4)) "
      "print(c:recv(4))\n"
      "end)\n"
      "local c = a:connect(b, 80)\n"
      "c:send('ab') sim.sleep(1) c:send('cdef') sim.sleep(2) c:send('ghij') c:shutdown()\n"
      "sim.sleep(1)",
      "abcd\n"
      "nil\tTIMEOUT\n"
      "efgh\n"
      "ij\n"
      "nil\tEOF\n" },
    { "what came for a recv that was not satisfied is there for the next ones",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "b:spawn(function()\n"
      "  local c = b:listen(80):accept()\n"
      "  print(c:recv(9, { timeout = 1 })) print(c:recv(2)) print(c:recv(2)) print(c:recv(2))\n"
      "  print(c:recv('line')) print(c:recv('line')) print(#c:recv(5000)) print(#c:recv('all'))\n"
      "end)\n"
      "local c = a:connect(b, 80)\n"
      "c:send('abcde') sim.sleep(2) c:send('f') sim.sleep(1) c:send('one\\ntw') sim.sleep(1)\n"
      "c:send('o\\n') sim.sleep(1) c:send(('x'):rep(6000)) c:shutdown() sim.sleep(1)",
      "nil\tTIMEOUT\n"
      "ab\n"
      "cd\n"
      "ef\n"
      "one\n"
      "two\n"
      "5000\n"
      "1000\n" },
    { "timeouts are the program's, ECONNREFUSED and its like the network's",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "local l = sim.link(a, b, { delay = '10ms' })\n"
      "print(a:connect(b, 80))\n"
      "l:down()\n"
      "print(a:connect(b, 80, { timeout = 2 }))\n"
      "l:up()\n"
      "local li = b:listen(80)\n"
      "print(b:listen(80))\n"
      "print(li:accept { timeout = '500ms' })\n"
      "local c = a:connect(b, 80)\n"
      "local d = li:accept()\n"
      "print(d:recv { timeout = 1 }) print(d:recv('line', { timeout = 1 })) print(d:sink { "
      "timeout = 1 })\n"
      "c:abort()\n"
      "print(d:recv())\n"
      "print(c.state, d.state, c.error, d.error)\n"
      "print(a:connect('10.0.1.77', 80), a:connect('10.0.9.1', 80))",
      "nil\tECONNREFUSED\n"
      "nil\tTIMEOUT\n"
      "nil\tEADDRINUSE\n"
      "nil\tTIMEOUT\n"
      "nil\tTIMEOUT\n"
      "nil\tTIMEOUT\n"
      "0\tTIMEOUT\n"
      "nil\tECONNRESET\n"
      "CLOSED\tCLOSED\tECONNABORTED\tECONNRESET\n"
      "nil\tnil\tENETUNREACH\n" },
    { "a socket is closed with the last of its descriptors, but shut down or aborted by any",
      "sim.defaults { arp = { warm = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "local li = b:listen(80)\n"
      "local c = a:connect(b, 80)\n"
      "print(c:dup() == c, c:dup() == c)\n"
      "c:close() print(c.state) c:close() print(c.state) c:close() print(c.state)\n"
      "local d = a:connect(b, 80)\n"
      "d:dup() d:shutdown() print(d.state)\n"
      "local e = a:connect(b, 80)\n"
      "e:dup() e:abort() print(e.state)",
      "true\ttrue\n"
      "ESTABLISHED\nESTABLISHED\nFIN_WAIT_1\n"
      "FIN_WAIT_1\n"
      "CLOSED\n" },
    { "what finds a queue of the listener full is dropped",
      "sim.defaults { arp = { warm = true }, tcp = { syn_backlog = 1, mss = 1000, "
      "syncookies = 'off' } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "b:listen(80, { backlog = 1 })\n"
      "local c = a:connect(b, 80)\n"
      "print(c.state, a:connect(b, 80, { timeout = '500ms' }))\n"
      "print(b.drops['tcp.accept-queue'])\n"
      "b:listen(81)\n"
      "for i = 1, 3 do a:send_raw { ip = { dst = b }, tcp = { sport = i, dport = 81 } } end\n"
      "sim.sleep(0.015)\n"
      "print(b.drops['tcp.syn-backlog'])",
      "ESTABLISHED\tnil\tTIMEOUT\n"
      "1\n"
      "2\n" },
    { "a segment without the timestamp that was agreed on is dropped where that is asked",
      "sim.defaults { tcp = { timestamps = true, timestamps_required = true } }\n"
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "b:listen(80)\n"
      "local i = a:connect(b, 80):info()\n"
      "a:send_raw { ip = { dst = b }, tcp = { sport = i.local_port, dport = 80, seq = i.snd_nxt, "
      "ack = i.rcv_nxt }, payload = 'x' }\n"
      "sim.sleep(1)\n"
      "print(b.drops['tcp.no-timestamp'])",
      "1\n" },
    { "a listener that closes resets those that nobody has accepted",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "local li = b:listen(80)\n"
      "sim.spawn(function() print('accept', li:accept()) print('again', li:accept()) end)\n"
      "local c = a:connect(b, 80)\n"
      "sim.sleep(0)\n"
      "local d = a:connect(b, 80)\n"
      "print(li.queued, #b:sockets(), b:sockets { state = 'LISTEN' }[1].local_port, "
      "#b:sockets { state = 'ESTABLISHED' })\n"
      "sim.sleep(1)\n"
      "local e = a:connect(b, 80)\n"
      "li:close() li:close()\n"
      "sim.sleep(0)\n"
      "print(li, li.queued, li.state, e.state, d.state)\n"
      "print(b:listen(80, { reuse_addr = true }))",
      "accept\tconn<10.0.1.2:80 > 10.0.1.1:49152 ESTABLISHED>\n"
      "1\t3\t80\t2\n"
      "again\tconn<10.0.1.2:80 > 10.0.1.1:49153 ESTABLISHED>\n"
      "listener<b closed>\t0\tCLOSED\tCLOSED\tESTABLISHED\n"
      "listener<b:80>\n" },
    { "stream and sink carry the pattern through loss, duplicates and damage",
      "local a, b = sim.host('a'), sim.host('b', { fcs = false })\n"
      "local l = sim.link(a, b, { delay = '1ms', rate = '100Mbit', loss = '2%', duplicate = "
      "'1%', corrupt = '1%' })\n"
      "b:spawn(function() local c = b:listen(80):accept() print('sunk', c:sink()) c:close() "
      "end)\n"
      "local c = a:connect(b, 80)\n"
      "print(c:stream(100000), c:stream('200KiB'))\n"
      "c:shutdown()\n"
      "print(c:recv())\n"
      "print(l.counters.lost > 0, l.counters.corrupted > 0, b.drops['tcp.checksum'] > 0, "
      "c:info().retransmits > 0)",
      "100000\t204800\n"
      "sunk\t304800\n"
      "nil\tEOF\n"
      "true\ttrue\ttrue\ttrue\n" },
    { "send waits for room; a timeout says how much got in",
      "local a, b = sim.host('a', { tcp = { sndbuf = 10000 } }), sim.host('b', { tcp = { "
      "rcvbuf = 20000 } })\n"
      "sim.link(a, b, { delay = '1ms' })\n"
      "local li = b:listen(80)\n"
      "local c = a:connect(b, 80)\n"
      "local d = li:accept()\n"
      "local r, err, n = c:send(('x'):rep(50000), { timeout = 1 })\n"
      "print(r, err, n <= 30000 and n > 20000)\n"
      "sim.spawn(function() print(#d:recv('all')) end)\n"
      "print(c:send('yyy'))\n"
      "c:close()\n"
      "sim.sleep(1)",
      "nil\tTIMEOUT\ttrue\n"
      "3\n"
      "30003\n" },
    { "UDP: endpoints are targets, print, compare, and concatenate",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "local s, u = b:udp(9000), a:udp(1234, { ttl = 7, df = true })\n"
      "print(u, s.port, u:sendto('one', b, 9000), u:sendto('two', 'b:9000'), u:sendto('', "
      "'10.0.1.2', 9000))\n"
      "local d, from = s:recvfrom()\n"
      "local d2, from2 = s:recvfrom()\n"
      "print(d, from, from.ip, from.port, 'from ' .. from, from == from2)\n"
      "print(s:recvfrom())\n"
      "print(s:sendto('hi', from), u:recvfrom())\n"
      "print(s:sendto('ho', { ip = from.ip, port = from.port }), u:recvfrom())\n"
      "print(pcall(function() from.port = 1 end))\n"
      "print(pcall(function() return from.prot end))\n"
      "print(s:recvfrom { timeout = 1 })\n"
      "print(b:packets { udp = true }[1].ip.ttl, b:packets { udp = true }[1].ip.df)\n"
      "print(b:udp(9000))\n"
      "s:close() s:close()\n"
      "print(s, b:udp(9000))",
      "socket<a udp:1234>\t9000\t3\t3\t0\n"
      "one\t10.0.1.1:1234\t10.0.1.1\t1234\tfrom 10.0.1.1:1234\ttrue\n"
      "\t10.0.1.1:1234\n"
      "2\thi\t10.0.1.2:9000\n"
      "2\tho\t10.0.1.2:9000\n"
      "false\tt.lua:11: the fields of an endpoint cannot be set\n"
      "false\tt.lua:12: endpoint: no field 'prot' (fields: ip, port)\n"
      "nil\tTIMEOUT\n"
      "7\ttrue\n"
      "nil\tEADDRINUSE\n"
      "socket<b udp closed>\tsocket<b udp:9000>\n" },
    { "a connected UDP socket learns of errors",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "local u = a:udp()\n"
      "print(u:send('x'))\n"
      "print(u:connect(b, 9), u:send('x'))\n"
      "print(u:recv())\n"
      "print(a:udp():sendto(('x'):rep(70000), b, 9))",
      "nil\tENOTCONN\n"
      "true\t1\n"
      "nil\tECONNREFUSED\n"
      "nil\tEMSGSIZE\n" },
    { "info has the RFC's variables",
      "local a, b = sim.host('a', { tcp = { isn = 100 } }), sim.host('b', { tcp = { isn = 200 "
      "} })\n"
      "sim.link(a, b, { delay = '10ms' })\n"
      "b:listen(80)\n"
      "local c = a:connect(b, 80)\n"
      "c:send('hello')\n"
      "local i = c:info()\n"
      "print(i.state, i.iss, i.snd_una, i.snd_nxt, i.irs, i.rcv_nxt, i.srtt, i.timer, "
      "i.passive, i.ssthresh)\n"
      "print(pcall(function() return i.snd_un end))",
      "ESTABLISHED\t100\t101\t106\t200\t201\t0.04\ton\tfalse\tinf\n"
      "false\tt.lua:8: no variable 'snd_un', did you mean 'snd_una'?\n" },
    { "a host that is down has no network",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "local li, u = b:listen(80), b:udp(9)\n"
      "b:crash()\n"
      "print(b:connect(a, 80)) print(b:listen(81)) print(b:udp(10)) print(li:accept()) "
      "print(u:recvfrom())\n"
      "print(b:ping(a)) print(b:traceroute(a))",
      "nil\tENETDOWN\n"
      "nil\tENETDOWN\n"
      "nil\tENETDOWN\n"
      "nil\tENETDOWN\n"
      "nil\tENETDOWN\n"
      "nil\tENETDOWN\n"
      "nil\tENETDOWN\n" },
    { "<close> closes at the end of a block, but not when the task is ended with its host",
      "local a, b = sim.host('a'), sim.host('b')\n"
      "sim.link(a, b)\n"
      "local li = b:listen(80)\n"
      "do local c <close> = a:connect(b, 80) end\n"
      "sim.sleep(1)\n"
      "print(#a:packets { tcp = 'F.' })\n"
      "a:spawn(function() local c <close> = a:connect(b, 80) sim.sleep(100) end)\n"
      "sim.sleep(1)\n"
      "a:crash()\n"
      "sim.sleep(1)\n"
      "print(#a:packets { tcp = 'F.' })",
      "1\n"
      "1\n" },
};

/* One row per mistake, and what is said of it. */
static const struct {
    const char *text, *error;
} wrong[] = {
    { "sim.host('a'):listen(0)",
      "t.lua:1: a port is a whole number from 1 to 65535, not '0'" },
    { "sim.host('a'):listen(80.5)",
      "t.lua:1: a port is a whole number from 1 to 65535, not '80.5'" },
    { "sim.host('a'):listen('http')",
      "t.lua:1: a port is a whole number from 1 to 65535, not 'http'" },
    { "sim.host('a'):listen(80, { backlg = 1 })",
      "t.lua:1: listen: no field 'backlg', did you mean 'backlog'? (fields..." },
    { "sim.switch('s'):listen(80)",
      "t.lua:1: switch: no field 'listen'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:connect(b)",
      "t.lua:2: which port? (host<b 10.0.1.2>)" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:connect(b, 99999)",
      "t.lua:2: a port is a whole number from 1 to 65535, not '99999'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:connect(b, 80, { timeot = 3 })",
      "t.lua:2: connect: no field 'timeot', did you mean 'timeout'? (fields..." },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:connect(b, 80, { fastopen = 7 })",
      "t.lua:2: connect: fastopen is the data to send, or true to ask for a cookie only" },
    { "local a, b = sim.host('a', { tcp = { sndbuf = 10 } }), sim.host('b') sim.link(a, b)\n"
      "a:connect(b, 80, { fastopen = 'eleven byte' })",
      "t.lua:2: connect: fastopen takes no more data than the send buffer" },
    { "sim.host('a', { tcp = { fastopen_key = '1-2-3' } })",
      "t.lua:1: tcp: fastopen_key is four words in hex with dashes between them, or two such keys "
      "with a comma, not '1-2-3'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:connect('c', 80)",
      "t.lua:2: no host 'c'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:connect({}, 80)",
      "t.lua:2: a node, an address or a name is wanted, not a table" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):send(3)",
      "t.lua:3: send: a string is wanted, not a number" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):set { nodeley = true }",
      "t.lua:3: set: no field 'nodeley', did you mean 'nodelay'? (fields..." },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):send('x', { pish = true })",
      "t.lua:3: send: no field 'pish', did you mean 'push'? (fields..." },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):recv('lines')",
      "t.lua:3: recv: a number of bytes, \"line\" or \"all\", not 'lines'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):recv(0)",
      "t.lua:3: recv: a number of bytes, \"line\" or \"all\", not '0'" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):recv { timeot = 3 }",
      "t.lua:3: options: no field 'timeot', did you mean 'timeout'? (fields..." },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):wait('TIMEWAIT')",
      "t.lua:3: no state 'TIMEWAIT', did you mean 'TIME_WAIT'?" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "a:connect(b, 80):stream('lots')",
      "t.lua:3: \"lots\" is not a size: write a number of bytes or e.g. \"64KiB\", \"100kB\"" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "b:listen(80)\n"
      "print(a:connect(b, 80).stat)",
      "t.lua:3: conn: no field 'stat'" },
    { "local s = sim.host('a'):udp(1) s:close() s:sendto('x', 'a', 1)",
      "t.lua:1: this socket is closed" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():sendto(3, b, 9)",
      "t.lua:2: send: a string is wanted, not a number" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():sendto('x', b)",
      "t.lua:2: which port? (host<b 10.0.1.2>)" },
    { "local s = sim.host('a'):udp(1) s:sink() s:recvfrom()",
      "t.lua:1: recvfrom: this socket sinks what it receives" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():stream(b, 9, { every = 1 })",
      "t.lua:2: stream: 'count' is missing: how many datagrams?" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():stream(b, 9, { count = 1, every = 1, rate = 1 })",
      "t.lua:2: stream: either 'every' or 'rate' is to be said" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():stream(b, 9, { count = 1 })",
      "t.lua:2: stream: either 'every' or 'rate' is to be said" },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():stream(b, 9, { count = 1, every = 1, size = 65508 })",
      "t.lua:2: stream: size..." },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():stream { count = 1, every = 1 }",
      "t.lua:2: ..." },
    { "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:udp():stream(b, 9, { count = 1, evry = 1 })",
      "t.lua:2: stream: no field 'evry', did you mean 'every'? (fields..." },
    { "sim.host('a'):udp(1, { tll = 3 })",
      "t.lua:1: udp: no field 'tll', did you mean 'ttl'? (fields..." },
    { "sim.on('tcp:state_changed', function() sim.host('x'):listen(80):accept() end)\n"
      "local a, b = sim.host('a'), sim.host('b') sim.link(a, b)\n"
      "a:connect(b, 80)",
      "t.lua:1: 'accept' waits, and a callback (sim.on) cannot: start a task with sim.spawn" },
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

START_TEST(sink_finds_a_wrong_byte)
{
    lua_fails("local a, b = sim.host('a'), sim.host('b')\n"
              "sim.link(a, b)\n"
              "b:spawn(function() b:listen(80):accept():sink() end)\n"
              "local c = a:connect(b, 80)\n"
              "c:stream(100) c:send('wrong!') c:close()\n"
              "sim.sleep(1)",
              1, "t.lua:3: FAIL: sink: byte 100 is 119, not ");
}
END_TEST

Suite *lua_sock_suite(void);
Suite *lua_sock_suite(void)
{
    Suite *suite = suite_create("lua_sock");
    TCase *tc = tcase_create("lua_sock");
    tcase_add_loop_test(tc, prints, 0, G_N_ELEMENTS(shown));
    tcase_add_loop_test(tc, names_the_line_and_the_mistake, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tc, sink_finds_a_wrong_byte);
    suite_add_tcase(suite, tc);
    return suite;
}
