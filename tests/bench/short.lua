-- W3: many short connections through one router: 200 bytes up, 2000 down, the client closes, then the server.
-- No Nagle, as in ns-3: else the answer's tail waits for an ACK that is delayed as long as the retransmission timer runs.
local bench = require "lib"
local p = sim.params { connections = 10000, record = false }
sim.defaults { tcp = bench.tcp("128KiB", { msl = "30s" }) }
sim.record(p.record)

local client, router, server = sim.host("client"), sim.router("router"), sim.host("server")
sim.link(client, router, { rate = "1Gbit", delay = "1ms", queue = 1000 })
sim.link(router, server, { rate = "1Gbit", delay = "1ms", queue = 1000 })

local request, response = ("q"):rep(200), ("a"):rep(2000)
local done = 0
local listener = server:listen(9000, { backlog = 1000, nodelay = true })
server:spawn(function()
  while true do
    local conn = listener:accept()
    server:spawn(function()
      conn:recv(#request)
      conn:send(response)
      conn:recv()
      conn:close()
    end)
  end
end)
client:spawn(function()
  for _ = 1, p.connections do
    client:spawn(function()
      local conn = client:connect(server, 9000)
      conn:send(request)
      if #conn:recv(#response) == #response then done = done + 1 end
      conn:close()
    end)
    sim.sleep("1ms")
  end
end)
sim.settle()
check.equal(done, p.connections, "connections served")
