-- W4: datagrams through ten routers in a line, one every 10 us.
local p = sim.params { datagrams = 1000000, record = false }
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
local data, received = ("x"):rep(1000), 0
sink:spawn(function()
  while true do
    to:recvfrom()
    received = received + 1
  end
end)
source:spawn(function()
  for _ = 1, p.datagrams do
    from:sendto(data, sink, 9000)
    sim.sleep("10us")
  end
end)
sim.settle()
check.equal(received, p.datagrams, "datagrams received")
