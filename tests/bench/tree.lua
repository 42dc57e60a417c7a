-- W5: a core router, edge routers, hosts under each; every host sends one datagram to a random other one.
local p = sim.params { edges = 100, per_edge = 100, lan = false, record = false }
sim.record(p.record)
sim.defaults { arp = { warm = not p.lan } }

local core, hosts, sockets = sim.router("core"), {}, {}
for e = 1, p.edges do
  local edge = sim.router("edge" .. e)
  sim.link(core, edge, { rate = "10Gbit", delay = "1ms", queue = 1000 })
  local switch = p.lan and sim.switch("lan" .. e)
  if switch then sim.link(edge, switch, { rate = "1Gbit", delay = "10us", queue = 1000 }) end
  for h = 1, p.per_edge do
    local host = sim.host("h" .. e .. "-" .. h)
    sim.link(host, switch or edge, { rate = "1Gbit", delay = switch and "10us" or "1ms", queue = 100 })
    hosts[#hosts + 1] = host
  end
end

local data, received, n = ("x"):rep(64), 0, #hosts
for i, host in ipairs(hosts) do
  local socket = host:udp(9)
  host:spawn(function()
    while true do
      socket:recvfrom()
      received = received + 1
    end
  end)
  host:spawn(function()
    local j = math.random(n - 1)
    sim.sleep(math.random(0, 999999) / 1e6)
    socket:sendto(data, hosts[j >= i and j + 1 or j], 9)
  end)
end
sim.settle()
check.equal(received, n, "datagrams received")
