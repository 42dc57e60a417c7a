-- IP options from a scenario: a source route, the recorded route and timestamps, asked for by connect and by ping.
-- MUST-51, MUST-53, MAY-10, MAY-11.
sim.defaults { arp = { warm = true }, tcp = { isn = "fixed", delayed_ack = false } }

-- a - r - s - b, and the long way by t, which no routing table takes.
local a, r, s, t, b = sim.host("a"), sim.router("r"), sim.router("s"), sim.router("t"), sim.host("b")
local access = sim.link(a, r, { delay = "10ms" })
local short = sim.link(r, s, { delay = "10ms" })
sim.link(s, b, { delay = "10ms" })
local long = sim.link(r, t, { delay = "10ms" })
sim.link(t, s, { delay = "10ms" })

-- ping -R and -T, as the real ping prints them.
local ping = a:ping(b, { count = 2, record_route = true })
check.equal(tostring(ping), [[
PING 10.0.3.2 56(124) bytes of data.
64 bytes from 10.0.3.2: icmp_seq=1 ttl=62 time=60.000 ms
RR: 	10.0.1.1
	10.0.2.1
	10.0.3.1
	10.0.3.2
	10.0.2.2
	10.0.1.2

64 bytes from 10.0.3.2: icmp_seq=2 ttl=62 time=60.000 ms	(same route)

--- 10.0.3.2 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss
rtt min/avg/max = 60.000/60.000/60.000 ms]], "the whole round trip, once")
check.equal(table.concat(ping.rtts[1].route, " "), "10.0.1.1 10.0.2.1 10.0.3.1 10.0.3.2 10.0.2.2 10.0.1.2", "as rows")

local times = a:ping(b, { count = 1, ip_timestamp = "tsonly" })
check(tostring(times):find("TS: \t1060 absolute\n\t10\n\t10\n\t10\n\t0\n\t10\n\t10\n\t10\n", 1, true),
  "each hop takes 10 ms, the echo none")
check.equal(times.rtts[1].stamps[4].ms, 1090, "b has it after 30 ms")
local some = a:ping(b, { count = 1, ip_timestamp = { r, b } }).rtts[1].stamps
check.equal(#some, 2, "only who is asked stamps")
check.equal(some[2].ip, b.ip, "b is the second")
local few = a:ping(b, { count = 1, ip_timestamp = "tsandaddr" })
check(tostring(few):find("Unrecorded hops: 4", 1, true), "four addresses with times fit, four more find no room")

-- The reply comes back along the reversed route.
check.near(a:ping(b, { count = 1, source_route = { t } }).rtts[1].rtt, 0.080, 1e-9, "one link more, each way")

-- A connection by the long way: nothing of it on the short one, and less text in a segment.
local before = #short:packets { tcp = true }
local listener = b:listen(80)
local answer = b:spawn(function()
  local conn = listener:accept()
  conn:send(conn:recv("all"))
  conn:close()
  return conn:info()
end)
local conn = a:connect(b, 80, { source_route = { r, t, s, strict = true } })
conn:send("hello")
conn:shutdown()
check.equal(conn:recv("all"), "hello", "it comes back")
local back = answer:wait()
check.equal(#short:packets { tcp = true }, before, "not by the short way")
check.equal(table.concat(conn:info().source_route, " "), r.ip .. " 10.0.4.2 10.0.5.2", "the way there")
check.equal(table.concat(back.source_route, " "), "10.0.3.1 10.0.5.1 10.0.4.1", "and back")
check.equal(conn:info().mss, 1460 - 12 - 16, "the MSS less timestamps and the route")
check.trace(a, [[
  a > b [S]  seq 0
  b > a [S.] seq 0 ack 1
  a > b [.]  ack 1
  ...
]], { filter = { tcp = true } })

-- Sums stay right when a rule changes a segment on its way, whichever stop its header bears.
long:modify({ tcp = "P." }, function(packet) packet.tcp.window = 1000 end)
local second = a:connect(b, 80, { source_route = { t } })
b:spawn(function() listener:accept():recv("all") end)
second:send("x")
sim.sleep("1s")
check.equal(second:info().bytes_acked, 1, "taken")

-- Record route in every segment, timestamps in what room is left.
local third = a:connect(b, 80, { record_route = 3, ip_timestamp = "tsonly" })
check.equal(third:info().mss, 1460 - 12 - 40, "they fill the header")
check.equal(third:info().source_route[1], nil, "no source route")

-- A router that lets none pass, as most do today: the program waits in vain.
local closed = sim.router("closed", { ipv4 = { source_route = "drop" } })
sim.link(a, closed)
local none, why = a:connect(b, 80, { source_route = { closed }, timeout = "2s" })
check.equal(why, "TIMEOUT", "dropped in silence")
check.equal(closed.drops["ip.source-route"] > 0, true, "and counted")
-- One that cannot follow it says so, which ends nothing: MUST-56.
none, why = a:connect(b, 80, { source_route = { r, "10.99.0.1" }, timeout = "2s" })
check.equal(why, "TIMEOUT", "source route failed is a soft error")

-- Mistakes are the author's.
local function fails(text, f)
  local ok, message = pcall(f)
  local said = tostring(message):match(":%d+: (.*)") -- without the path, which is whoever calls's
  check(not ok and said and said:find(text, 1, true), "wanted: " .. text .. ", came: " .. tostring(said))
end
fails("a list of 1 to 9 nodes or addresses", function() a:connect(b, 80, { source_route = {} }) end)
fails("may have strict = true", function() a:connect(b, 80, { source_route = { r, loose = true } }) end)
fails("IP options have 40 bytes", function() a:ping(b, { record_route = true, ip_timestamp = "tsonly" }) end)
fails("is true, or for how many", function() a:ping(b, { record_route = 10 }) end)
fails('is "tsonly", "tsandaddr"', function() a:ping(b, { ip_timestamp = "yes" }) end)
