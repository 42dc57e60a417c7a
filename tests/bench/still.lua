-- Hosts that do nothing, a hundred under each router: what one costs in memory with its link and the router's port.
local p = sim.params { edges = 100 }
sim.record(false)
for e = 1, p.edges do
  local edge = sim.router("edge" .. e)
  for h = 1, 100 do sim.link(sim.host("h" .. e .. "-" .. h), edge, { rate = "1Gbit", delay = "1ms", queue = 100 }) end
end
sim.settle()
check.equal(sim.now(), 0, "seconds")
