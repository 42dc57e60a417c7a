-- W1: one bulk flow over a router whose far link is the bottleneck; --until says how long.
local bench = require "lib"
local p = sim.params { delay = "10ms", buffer = "4MiB", loss = 0.0, record = false }
sim.defaults { tcp = bench.tcp(p.buffer) }
sim.record(p.record)

local client, router, server = sim.host("client"), sim.router("router"), sim.host("server")
sim.link(client, router, { rate = "10Gbit", delay = "10us", queue = 10000 })
sim.link(router, server, { rate = "1Gbit", delay = p.delay, queue = 10000, forward = { loss = p.loss } })
bench.bulk(client, server, 9000)
