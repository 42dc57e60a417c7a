-- W2: 100 flows from 100 senders through one bottleneck to 100 receivers; flow i starts at i ms.
local bench = require "lib"
local p = sim.params { flows = 100, record = false }
sim.defaults { tcp = bench.tcp("4MiB") }
sim.record(p.record)

local left, right = sim.router("left"), sim.router("right")
sim.link(left, right, { rate = "1Gbit", delay = "10ms", queue = 1000 })
for i = 1, p.flows do
  local sender, receiver = sim.host("s" .. i), sim.host("r" .. i)
  sim.link(sender, left, { rate = "1Gbit", delay = "1ms", queue = 10000 })
  sim.link(right, receiver, { rate = "1Gbit", delay = "1ms", queue = 10000 })
  sim.spawn(function()
    sim.sleep((i - 1) / 1000)
    bench.bulk(sender, receiver, 9000)
  end)
end
