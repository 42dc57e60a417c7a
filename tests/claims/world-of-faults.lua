-- Everything that a link and a rule can do, at once, both ways, under TCP, UDP and ping; and the byte streams as oracle.
-- No capture of it may be wrong, nothing may leak, no invariant break.
local p = sim.params { size = "200kB" }
sim.defaults { tcp = { msl = "1s" } }
local a, b, c = sim.host("a"), sim.host("b"), sim.host("c")
local sw, r1, r2 = sim.switch("sw"), sim.router("r1"), sim.router("r2")
local options = {
  forward = { delay = "5ms", jitter = "2ms", distribution = "normal", rate = "20Mbit", queue = "32KiB",
              loss = { model = "gilbert-elliott", p = "1%", r = "40%", h = "30%", k = "99.9%" },
              duplicate = "2%", reorder = "5%", gap = 3, corrupt = "1%" },
  reverse = { delay = "7ms", jitter = "3ms", distribution = "pareto", rate = "5Mbit", queue = 40, loss = "1%",
              duplicate = "1%", reorder = "5%", corrupt = "1%" },
}
sim.link(a, sw, { delay = "1ms", jitter = "500us", distribution = "uniform" })
sim.link(c, sw)
sim.link(sw, r1, { mtu = 1500, rate = "100Mbit" })
local bad = sim.link(r1, r2, options)
local far = sim.link(r2, b, { delay = "1ms", mtu = 900, netem = nil })

bad:drop({ tcp = true, data = true }, { probability = "1%" })
bad:delay("tcp", "30ms", { probability = "2%", from = r1 })
bad:duplicate(function(packet) return packet.tcp ~= nil end, { copies = 2, delay = "80ms", probability = "1%" })
bad:corrupt("tcp", { probability = "0.5%" })
far:modify({ tcp = true, data = true }, function(packet) packet.ip.ttl = 9 end, { probability = "10%" })
far:modify("tcp", function(packet) packet.tcp.window = 2000 end, { probability = "2%", sums = true, from = b })
local held = bad:hold({ tcp = true, data = true }, { count = 3, skip = 20 })
local copy = bad:copy({ tcp = true }, { count = 10, skip = 5 })

local arrived = {}
local function transfer(from, to, port)
  local listener = to:listen(port)
  to:spawn(function()
    local conn = listener:accept()
    arrived[port] = conn:sink()
    conn:close()
  end)
  from:spawn(function()
    local conn, err = from:connect(to, port)
    check(conn, "port " .. port .. ": " .. tostring(err))
    check.equal(conn:stream(sim.number(p.size) // 1), sim.number(p.size) // 1)
    conn:close()
  end)
end
transfer(a, b, 7001)
transfer(b, a, 7002)
transfer(c, b, 7003)
local socket = b:udp(9)
local datagrams = 0
b:spawn(function() while true do if socket:recvfrom() then datagrams = datagrams + 1 end end end)
a:spawn(function()
  local s = a:udp()
  for i = 1, 200 do s:sendto(("x"):rep(i * 20), b, 9) sim.sleep("20ms") end
end)
c:spawn(function() c:ping(b, { count = 10, size = 3000 }) end)

sim.spawn(function() sim.sleep("400ms") held:release() for _ = 1, 5 do sim.sleep("200ms") copy:replay() end end)
sim.spawn(function()
  sim.sleep("600ms") bad:down() sim.sleep("300ms") bad:up()
  sim.sleep("100ms") bad:set { forward = { delay = "1ms" }, reverse = { loss = "3%" } }
end)
sim.settle()
for port = 7001, 7003 do check.equal(arrived[port], sim.number(p.size) // 1, "port " .. port .. " got all, once, in order") end
check(datagrams > 20, "some datagrams come through: " .. datagrams)
