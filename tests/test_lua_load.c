/*
 * test_lua_load.c - loads of connections, and who answers them: what they count, how they end.
 */
/* SPDX-License-Identifier: MIT */
#include "support/lua.h"

#include <check.h>
#include <glib.h>

Suite *lua_load_suite(void);

#define WORLD                                                                                      \
    "sim.defaults { arp = { warm = true } }\n"                                                     \
    "local a, b = sim.host('a', { tcp = TCP }), sim.host('b')\n"                                   \
    "local wire = sim.link(a, b, { delay = '10ms' })\n"                                            \
    "local function show(l)\n"                                                                     \
    "  local names = {}\n"                                                                         \
    "  for name, n in pairs(l.failures) do names[#names + 1] = name .. ' ' .. n end\n"             \
    "  print(l.started, l.done, l.failed, table.concat(names, ', '))\n"                            \
    "end\n"

#define PLAIN "local TCP = {}\n" WORLD

static const struct {
    const char *claim, *text, *printed;
} shown[] = {
    { "connections begin each so often, and are timed from SYN to answer",
      PLAIN "local li = b:listen(80, { nodelay = true })\n"
            "print(li:serve {} == li)\n"
            "local l = a:load(b, 80, { connections = 4, every = '5ms' })\n"
            "print(l, l.shortest, l.mean, l.longest)\n"
            "sim.sleep('12ms') show(l)\n"
            "print(l:wait { timeout = '1ms' }, sim.now())\n"
            "print(l:wait(), sim.now())\n"
            "print(l, l.shortest, l.mean, l.longest)\n"
            "print(l:wait(), #a:sockets { state = 'TIME_WAIT' }, #a:sockets { state = 'FIN_WAIT_1' })\n"
            "sim.settle() print(#a:sockets(), #b:sockets())",
      "true\n"
      "load<0 started, 0 done, 0 failed>\tnil\tnil\tnil\n"
      "3\t0\t0\t\n"
      "nil\t0.013\n"
      "4\t0.055\n"
      "load<4 started, 4 done, 0 failed>\t0.04\t0.04\t0.04\n"
      "4\t0\t4\n"
      "0\t1\n" },
    { "a host without a handshake begins at once",
      "local TCP = { handshake = 'none' }\nsim.defaults { tcp = TCP }\n" WORLD
      "b:listen(80, { nodelay = true }):serve {}\n"
      "local l = a:load(b, 80, { connections = 2, every = '5ms' })\n"
      "print(l:wait { timeout = '10s' }) show(l)",
      "2\n2\t2\t0\t\n" },
    { "where ports have run out, time goes on until some are free",
      "local TCP = { port_min = 50000, port_max = 50009, msl = '1s' }\n" WORLD
      "b:listen(80, { nodelay = true }):serve {}\n"
      "local l = a:load(b, 80, { connections = 100, at_once = 2 })\n"
      "print(l:wait() == l.done, l.done >= 20, l.failed == 100 - l.done, sim.now() > 2)",
      "true\ttrue\ttrue\ttrue\n" },
    { "a crash ends those that are open when all have begun",
      PLAIN "b:listen(80):serve {}\n"
            "local l = a:load(b, 80, { connections = 3, every = 0 })\n"
            "sim.sleep('7ms') a:crash() print(l:wait()) show(l)",
      "nil\tENETDOWN\n3\t0\t3\tENETDOWN 3\n" },
    { "several exchanges on each, each as large as it is said to be, whatever the buffers",
      "local TCP = { sndbuf = 5000, rcvbuf = 5000 }\n" WORLD
      "b:listen(80, { nodelay = true }):serve { request = 30000, response = 100000 }\n"
      "local up, down = 0, 0\n"
      "sim.on('tcp:delivered', function(e)\n"
      "  if e.node == b then up = up + e.bytes else down = down + e.bytes end\n"
      "end)\n"
      "local l = a:load('b:80', { connections = 2, every = 0, request = 30000, response = 1e5, exchanges = 3 })\n"
      "print(l:wait()) show(l)\n"
      "sim.settle()\n"
      "print(up, down, b.counters.TcpRetransSegs + a.counters.TcpRetransSegs)",
      "2\n"
      "2\t2\t0\t\n"
      "180000\t600000\t0\n" },
    { "who is to close first may be the server; an answer may be empty, or not asked for",
      PLAIN "b:listen(80, { nodelay = true }):serve { exchanges = 2 }\n"
            "local l = a:load(b, 80, { connections = 1, every = 1, exchanges = 2, nodelay = true })\n"
            "print(l:wait()) sim.sleep(1)\n"
            "print(#a:sockets(), b:sockets { port = 80 }[2].state)\n"
            "b:listen(81):serve { request = 9, response = 0 }\n"
            "local m = a:load(b, 81, { connections = 1, every = 1, request = 9, response = 0 })\n"
            "print(m:wait(), m.longest)\n"
            "b:spawn(function() b:listen(82):accept():stream(7) end)\n"
            "local n = a:load(b, 82, { connections = 1, every = 1, request = 0, response = 7 })\n"
            "print(n:wait(), n.longest)",
      "1\n"
      "0\tTIME_WAIT\n"
      "1\t0.02\n"
      "1\t0.04\n" },
    { "failures by their names",
      "local TCP = { port_min = 50000, port_max = 50002, syn_retries = 1 }\n" WORLD
      "local l = a:load(b, 80, { connections = 3, every = '1ms' })\n"
      "l:wait() show(l)\n"
      "b:spawn(function()\n"
      "  local li = b:listen(80)\n"
      "  li:accept():abort() li:accept():close()\n"
      "  local c = li:accept() c:recv(200) c:stream(100) c:close()\n"
      "end)\n"
      "l = a:load(b, 80, { connections = 3, every = '1s' })\n"
      "l:wait() show(l)\n"
      "sim.sleep('5min')\n"
      "b:listen(81):serve()\n"
      "l = a:load(b, 81, { connections = 5, every = '1ms' })\n"
      "l:wait() show(l)\n"
      "sim.sleep('5min')\n"
      "wire:down()\n"
      "l = a:load(b, 81, { connections = 1, every = '1ms' })\n"
      "l:wait() show(l)\n"
      "l = a:load('10.9.9.9', 81, { connections = 1, every = '1ms' })\n"
      "l:wait() show(l)",
      "3\t0\t3\tECONNREFUSED 3\n"
      "3\t0\t3\tECONNRESET 2, EOF 1\n"
      "5\t3\t2\tEADDRNOTAVAIL 2\n"
      "1\t0\t1\tETIMEDOUT 1\n"
      "1\t0\t1\tENETUNREACH 1\n" },
    { "who takes too long is reset, the others not",
      PLAIN "local li = b:listen(80, { nodelay = true })\n"
            "b:spawn(function()\n"
            "  for i = 1, 4 do\n"
            "    local c = li:accept()\n"
            "    b:spawn(function()\n"
            "      if i % 2 == 0 then c:recv(200) c:stream(2000) end\n"
            "      local _, err = c:recv(999) print(i, err)\n"
            "    end)\n"
            "  end\n"
            "end)\n"
            "local l = a:load(b, 80, { connections = 4, every = '10ms', timeout = '100ms', nodelay = true })\n"
            "l:wait() show(l) print(sim.now()) sim.settle()",
      "2\tEOF\n"
      "4\tEOF\n"
      "1\tECONNRESET\n"
      "4\t2\t2\tTIMEOUT 2\n"
      "0.12\n"
      "3\tECONNRESET\n" },
    { "so many at once: as one ends, for whatever reason, the next begins",
      "local TCP = { port_min = 50000, port_max = 50004 }\n" WORLD
      "local li = b:listen(80, { nodelay = true }):serve {}\n"
      "local most = 0\n"
      "local function watch()\n"
      "  most = math.max(most, #a:sockets { state = 'SYN_SENT' } + #a:sockets { state = 'ESTABLISHED' })\n"
      "  return true\n"
      "end\n"
      "sim.always('few are open', watch)\n"
      "local l = a:load(b, 80, { connections = 4, at_once = 2 })\n"
      "print(l:wait(), sim.now(), most) show(l)\n"
      "l = a:load(b, 80, { connections = 5, at_once = 3 })\n"
      "print(l:wait(), sim.now()) show(l)\n"
      "l = a:load(b, 81, { connections = 4, at_once = 1 })\n"
      "sim.sleep('5ms') l:stop() l:wait() show(l)\n"
      "sim.sleep('5min')\n"
      "l = a:load(b, 81, { connections = 4, at_once = 3 })\n"
      "local from = sim.now() l:wait() print(('%.3f'):format(sim.now() - from)) show(l)\n"
      "l = a:load(b, 81, { connections = 4, at_once = 3 })\n"
      "a:crash() print(l:wait()) show(l)",
      "4\t0.08\t2\n"
      "4\t4\t0\t\n"
      "1\t0.32\n" /* the last two begin a pause after one that found no port */
      "5\t1\t4\tEADDRNOTAVAIL 4\n"
      "1\t0\t1\tECONNREFUSED 1\n"
      "0.040\n"
      "4\t0\t4\tECONNREFUSED 4\n"
      "nil\tENETDOWN\n"
      "0\t0\t0\t\n" },
    { "a load that is stopped lets what is open go on",
      PLAIN "b:listen(80, { nodelay = true }):serve {}\n"
            "local l = a:load(b, 80, { connections = 1000, every = '10ms' })\n"
            "sim.sleep('25ms') l:stop() show(l)\n"
            "print(l:wait(), sim.now()) l:stop() show(l)",
      "3\t0\t0\t\n"
      "3\t0.06\n"
      "3\t3\t0\t\n" },
    { "a crash ends it: what is open, and what was to come",
      PLAIN "b:listen(80, { nodelay = true }):serve {}\n"
            "local l = a:load(b, 80, { connections = 9, every = '10ms' })\n"
            "local idle = a:load(b, 80, { connections = 9, every = '1h' })\n"
            "sim.sleep('45ms') a:crash()\n"
            "print(l:wait()) show(l) print(idle:wait()) show(idle)\n"
            "print(a:load(b, 80, { connections = 9, every = '10ms' }))\n"
            "a:boot() sim.settle() show(l)\n"
            "l = a:load(b, 80, { connections = 9, every = '10ms' })\n"
            "sim.sleep('45ms') b:crash() sim.sleep('10ms') b:boot()\n"
            "print(l:wait()) show(l)",
      "nil\tENETDOWN\n"
      "5\t1\t4\tENETDOWN 4\n"
      "nil\tENETDOWN\n"
      "1\t1\t0\t\n"
      "nil\tENETDOWN\n"
      "5\t1\t4\tENETDOWN 4\n"
      "2\n"
      "9\t2\t7\tECONNREFUSED 5, ECONNRESET 2\n" },
};

static const struct {
    const char *text, *error;
} wrong[] = {
    { PLAIN "b:listen(80):serve { response = 'much' }", "t.lua:10: serve: response: ..." },
    { PLAIN "b:listen(80):serve { request = 0 }", "t.lua:10: serve: request: ..." },
    { PLAIN "b:listen(80):serve { respons = 1 }",
      "t.lua:10: serve: no field 'respons', did you mean 'response'? (fields..." },
    { PLAIN "b:listen(80):serve():accept()", "t.lua:10: accept: this listener serves" },
    { PLAIN "b:listen(80):serve():serve()", "t.lua:10: serve: this listener serves already" },
    { PLAIN "local li = b:listen(80) b:spawn(function() li:accept() end) sim.sleep(1) li:serve()",
      "t.lua:10: serve: a task waits for its next connection" },
    { PLAIN "a:load(b, 80, { every = 1 })", "t.lua:10: load: 'connections' is missing: how many?" },
    { PLAIN "a:load(b, 80, { connections = 1 })",
      "t.lua:10: load: either 'every' or 'at_once' is to be said" },
    { PLAIN "a:load(b, 80, { connections = 1, every = 1, at_once = 1 })",
      "t.lua:10: load: either 'every' or 'at_once' is to be said" },
    { PLAIN "a:load(b, 80, { connections = 0, every = 1 })", "t.lua:10: load: connections: ..." },
    { PLAIN "a:load(b, { connections = 1, every = 1 })", "t.lua:10: ..." },
    { PLAIN "a:load(b, 80, { connections = 1, evry = 1 })",
      "t.lua:10: load: no field 'evry', did you mean 'every'? (fields..." },
    { PLAIN "print(a:load(b, 80, { connections = 1, every = 1 }).finished)",
      "t.lua:10: load: no field 'finished'" },
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

START_TEST(a_wrong_answer_fails_a_check_once)
{
    lua_fails(PLAIN "b:spawn(function()\n"
                    "  local li = b:listen(80)\n"
                    "  for i = 1, 3 do\n"
                    "    local c = li:accept() c:recv(200) c:stream(50) c:send(('x'):rep(50))\n"
                    "  end\n"
                    "end)\n"
                    "local l = a:load(b, 80, { connections = 3, every = 1, response = 100 })\n"
                    "print(l:wait())",
              1, "t.lua:16: FAIL: load: byte 50 of an answer is 120, not ");
}
END_TEST

START_TEST(a_wrong_request_fails_a_check_once)
{
    lua_fails(PLAIN "b:listen(80):serve { request = 5 }\n"
                    "for _ = 1, 2 do\n"
                    "  local c = a:connect(b, 80) c:send('wrong!') print(#c:recv(2000)) c:close()\n"
                    "end",
              1, "t.lua:10: FAIL: serve: byte 0 of a request is 119, not ");
}
END_TEST

Suite *lua_load_suite(void)
{
    Suite *suite = suite_create("lua_load");
    TCase *tc = tcase_create("lua_load");

    tcase_add_loop_test(tc, prints, 0, G_N_ELEMENTS(shown));
    tcase_add_loop_test(tc, names_the_line_and_the_mistake, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tc, a_wrong_answer_fails_a_check_once);
    tcase_add_test(tc, a_wrong_request_fails_a_check_once);
    suite_add_tcase(suite, tc);
    return suite;
}
