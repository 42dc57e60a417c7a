-- W4: datagrams through ten routers in a line, one every 10 us; with `tasks` sent and received by Lua.
local p = sim.params { datagrams = 1000000, record = false, tasks = false }
sim.defaults { arp = { warm = true } }
sim.record(p.record)

local source, sink = sim.host("source"), sim.host("sink")
local last = source
for i = 1, 10 do
  local router = sim.router("r" .. i)
  sim.link(last, router, { rate = "1Gbit", delay = "1ms", queue = 1000 })
  last = router
end
sim.link(last, sink, { rate = "1Gbit", delay = "1ms", queue = 1000 })

local from, to = source:udp(9000), sink:udp(9000)
if p.tasks then
  sink:spawn(function() while to:recvfrom() do end end)
  source:spawn(function()
    local data = ("x"):rep(1000)
    for _ = 1, p.datagrams do
      from:sendto(data, sink, 9000)
      sim.sleep("10us")
    end
  end)
else
  to:sink()
  from:stream(sink, 9000, { size = 1000, every = "10us", count = p.datagrams })
end
sim.settle()
check.equal(to.received, p.datagrams, "datagrams received")
