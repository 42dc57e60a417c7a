-- W3: many short connections through one router: 200 bytes up, 2000 down, the client closes, then the server.
-- No Nagle, as in ns-3: else the answer's tail waits for an ACK that is delayed as long as the retransmission timer runs.
-- With `tasks` both sides are Lua.
local bench = require "lib"
local p = sim.params { connections = 10000, record = false, tasks = false }
sim.defaults { tcp = bench.tcp("128KiB", { msl = "30s" }) }
sim.record(p.record)

local client, router, server = sim.host("client"), sim.router("router"), sim.host("server")
sim.link(client, router, { rate = "1Gbit", delay = "1ms", queue = 1000 })
sim.link(router, server, { rate = "1Gbit", delay = "1ms", queue = 1000 })

local request, response = 200, 2000
local done = 0
local listener = server:listen(9000, { backlog = 1000, nodelay = true })

local function serve()
  while true do
    local conn = listener:accept()
    server:spawn(function()
      conn:recv(request)
      conn:stream(response)
      conn:recv()
      conn:close()
    end)
  end
end

local function load()
  for _ = 1, p.connections do
    client:spawn(function()
      local conn = client:connect(server, 9000)
      conn:stream(request)
      if #conn:recv(response) == response then done = done + 1 end
      conn:close()
    end)
    sim.sleep("1ms")
  end
end

if p.tasks then
  server:spawn(serve)
  client:spawn(load)
  sim.settle()
else
  listener:serve { request = request, response = response }
  local made = client:load(server, 9000, { connections = p.connections, every = "1ms", request = request, response = response })
  sim.settle()
  done = made.done
end
check.equal(done, p.connections, "connections served")
