-- Bulk flows between the same two hosts over one router, all of whose windows together are `window`: half of it fits into the
-- cable, the rest waits before it, nothing is lost. So as many frames are in flight with one flow as with a thousand.
local bench = require "lib"
local p = sim.params { flows = 1, window = 4 * 1024 * 1024, record = false }
local each = p.window // p.flows
sim.defaults { tcp = bench.tcp(each, { sndbuf = math.max(2 * each, 256 * 1024) }), arp = { warm = true } }
sim.record(p.record)

local client, router, server = sim.host("client"), sim.router("router"), sim.host("server")
sim.link(client, router, { rate = "10Gbit", delay = "10us", queue = 100000 })
sim.link(router, server, { rate = "1Gbit", delay = p.window * 8 / 1e9 / 4, queue = 100000 })
local listener = server:listen(9000, { backlog = p.flows })
server:spawn(function()
  for _ = 1, p.flows do
    local conn = listener:accept()
    server:spawn(function() conn:sink() end)
  end
end)
for i = 1, p.flows do
  client:spawn(function()
    sim.sleep(i / 1e5)
    client:connect(server, 9000):stream("1000GB")
  end)
end
