-- Routers: the longest prefix, static before automatic, TTL, ICMP errors that quote, fragments in any order and with loss.
sim.defaults { arp = { warm = true } }
local function world(f) return sim.play(f).value end

-- Three ways to 10.66/16 and beyond: the longest prefix that matches decides, whatever the order of writing.
world(function()
  local a, r = sim.host("a"), sim.router("r")
  local x, y, z = sim.router("x"), sim.router("y"), sim.router("z")
  sim.link(a, r)
  local to = { x = sim.link(r, x), y = sim.link(r, y), z = sim.link(r, z) }
  r:route("10.66.7.0/24", y.ip)
  r:route("0.0.0.0/0", x.ip)
  r:route("10.66.7.9/32", z.ip)
  r:route("10.66.8.0/24", "unreachable")
  r:route("10.66.9.0/24", "blackhole")
  a:route("0.0.0.0/0", r)
  local function way(ip)
    local from = sim.now()
    a:ping(ip, { count = 1, timeout = "100ms" })
    for name, link in pairs(to) do
      if #link:packets({ icmp = "echo-request", dst = ip }, { since = from }) > 0 then return name end
    end
    return "none"
  end
  check.equal(way("8.8.8.8"), "x", "the default")
  check.equal(way("10.66.7.8"), "y", "/24 before /0")
  check.equal(way("10.66.7.9"), "z", "/32 before /24")
  local told = #a:packets { icmp = true, src = r.ip }
  check.equal(way("10.66.8.1"), "none")
  check.equal(#a:packets { icmp = "host-unreachable", src = r.ip }, told + 1, "unreachable is told")
  told = #a:packets { icmp = true }
  check.equal(way("10.66.9.1"), "none")
  check.equal(#a:packets { icmp = true }, told + 1, "a black hole says nothing")
end)

-- A static route wins over an automatic one for the same prefix: the traffic takes the long way.
world(function()
  local a, b = sim.host("a"), sim.host("b")
  local r1, r2, r3 = sim.router("r1"), sim.router("r2"), sim.router("r3")
  sim.link(a, r1)
  sim.link(r1, r2)
  local detour1, detour2 = sim.link(r1, r3), sim.link(r3, r2)
  sim.link(r2, b)
  check.equal(#a:traceroute(b), 3, "the shortest path has two routers")
  check.equal(#detour1:packets(), 0)
  r1:route(b.ip:gsub("%.%d+$", ".0") .. "/24", r3:interface("eth0").ip)
  check.equal(#a:traceroute(b), 4, "the static one has three")
  check(#detour1:packets { udp = true } > 0 and #detour2:packets() > 0)
end)

-- A loop of routes ends by the TTL, and the sender is told by whoever counted it down to nothing.
world(function()
  local a, r1, r2 = sim.host("a"), sim.router("r1", { routes = "static" }), sim.router("r2", { routes = "static" })
  sim.link(a, r1)
  local between = sim.link(r1, r2)
  a:route("0.0.0.0/0", r1)
  r1:route("9.9.9.0/24", r2)
  r2:route("9.9.9.0/24", between and r1:interface("eth1").ip)
  r2:route("0.0.0.0/0", r1:interface("eth1").ip)
  local socket = a:udp(5000, { ttl = 20 })
  socket:sendto("round and round", "9.9.9.9", 99)
  sim.settle()
  check.equal(#between:packets { udp = true }, 19, "twenty hops, of which the first is a's")
  local errors = a:packets { icmp = "time-exceeded" }
  check.equal(#errors, 1)
  check(#between:packets { icmp = true } <= 1, "and no error about an error")
end)

-- ICMP quotes the datagram as it came: IP header and at least 8 bytes.
world(function()
  local a, r, b = sim.host("a"), sim.router("r"), sim.host("b")
  sim.link(a, r) sim.link(r, b, { mtu = 600 })
  local socket = a:udp(5000)
  socket:connect(b, 7)
  socket:send("nobody listens")
  local data, err = socket:recv { timeout = "1s" }
  check.equal(data, nil)
  check.equal(err, "ECONNREFUSED")
  local e = a:packets { icmp = "port-unreachable" }[1]
  check(e, "port unreachable came")
  check.equal(e.icmp.type, 3)
  check.equal(e.icmp.code, 3)
  check.equal(e.ip.src, b.ip)
  local df = a:udp(5001, { df = true })
  local bytes, why = df:sendto(("x"):rep(1000), b, 7)
  sim.sleep("10ms")
  local big = a:packets { icmp = "fragmentation-needed" }
  check.equal(#big, 1, "too big, and not to be cut: " .. tostring(bytes) .. tostring(why))
  check.equal(big[1].ip.src, r.ip)
end)

-- Fragments: through two ever narrower links, both ways, with loss, reordering and duplicates; what arrives is what was sent.
world(function()
  local a, r1, r2, b = sim.host("a"), sim.router("r1"), sim.router("r2"), sim.host("b")
  sim.link(a, r1)
  local middle = sim.link(r1, r2, { mtu = 900, delay = "1ms" })
  sim.link(r2, b, { mtu = 300 })
  local sent, got = {}, {}
  local inbox, back = b:udp(9), a:udp(10)
  b:spawn(function()
    while true do
      local data, from = inbox:recvfrom()
      got[data:sub(1, 4)] = data
      inbox:sendto(data, from)
    end
  end)
  local echoed = 0
  a:spawn(function()
    while true do
      local data = back:recvfrom()
      if sent[data:sub(1, 4)] == data then echoed = echoed + 1 end
      check(sent[data:sub(1, 4)] == data, "an echo is what was sent")
    end
  end)
  local function send(n, size)
    local key = string.format("%04d", n)
    local body = {}
    for i = 1, size // 8 do body[i] = string.format("%08x", n * 100000 + i) end
    sent[key] = key .. table.concat(body)
    back:sendto(sent[key], b, 9)
  end
  for n = 1, 50 do send(n, n * 160) sim.sleep("10ms") end
  sim.sleep("1s")
  for key, data in pairs(sent) do check(got[key] == data, "whole without loss: " .. key) end
  check.equal(echoed, 50)
  check.equal(a:ping(b, { count = 3, size = 20000 }).received, 3, "echoes of 20 kB")

  middle:set { delay = "5ms", jitter = "5ms", loss = "3%", duplicate = "5%", reorder = "20%" }
  for n = 101, 300 do send(n, n * 10) sim.sleep("50ms") end
  sim.sleep("70s")
  local whole, wrong = 0, 0
  for n = 101, 300 do
    local key = string.format("%04d", n)
    if got[key] == sent[key] then whole = whole + 1 elseif got[key] then wrong = wrong + 1 end
  end
  check.equal(wrong, 0, "what is put together is what was sent, or nothing")
  check(whole > 120 and whole < 200, "of 200 most arrive, not all: " .. whole)
  local before = b.counters.IpReasmFails + b.counters.IpReasmTimeout + a.counters.IpReasmFails
  check(before > 0, "and those that lack a piece are given up")
end)
