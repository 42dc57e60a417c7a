-- Connections that are established and then idle, between two hosts: what each costs in memory. As many server ports as
-- four-tuples need; what goes on beside them (the scenario, its hosts) is the run with `connections = 0`.
local p = sim.params { connections = 10000, per_port = 10000 }
sim.record(false)
sim.defaults { tcp = { port_min = 1024, port_max = 65535 } }

local client, server = sim.host("client"), sim.host("server")
sim.link(client, server, { rate = "10Gbit", delay = "1ms", queue = 1000 })
local accepted, connected = 0, 0
for port = 1, math.ceil(p.connections / p.per_port) do
  local n = math.min(p.per_port, p.connections - (port - 1) * p.per_port)
  local listener = server:listen(port, { backlog = 1000 })
  server:spawn(function()
    for _ = 1, n do
      listener:accept()
      accepted = accepted + 1
    end
  end)
  for _ = 1, n do
    if client:connect(server, port) then connected = connected + 1 end
  end
end
sim.settle()
check.equal(connected, p.connections, "connections opened")
check.equal(accepted, p.connections, "connections accepted")
