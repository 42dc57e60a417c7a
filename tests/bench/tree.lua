-- W5: a core router, edge routers, hosts under each; every host sends one datagram to a random other one.
local p = sim.params { edges = 100, per_edge = 100, lan = false, record = false }
sim.record(p.record)
sim.defaults { arp = { warm = not p.lan } }

local trunk = { rate = "10Gbit", delay = "1ms", queue = 1000 }
local bus = { rate = "1Gbit", delay = "10us", queue = 1000 }
local access = { rate = "1Gbit", delay = p.lan and "10us" or "1ms", queue = 100 }
local core, hosts, sockets, n = sim.router("core"), {}, {}, 0
for e = 1, p.edges do
  local edge = sim.router("edge" .. e)
  sim.link(core, edge, trunk)
  local switch = p.lan and sim.switch("lan" .. e)
  if switch then sim.link(edge, switch, bus) end
  for _, host in ipairs(sim.hosts("h" .. e .. "-", p.per_edge, switch or edge, access)) do
    local socket = host:udp(9)
    socket:sink()
    n = n + 1
    hosts[n], sockets[n] = host, socket
  end
end

-- Whose turn it is when: a microsecond of the first second, and the host's number.
local data, turns, random, sleep, now = ("x"):rep(64), {}, math.random, sim.sleep, sim.now
for i = 1, n do turns[i] = random(0, 999999) << 20 | i end
table.sort(turns)
for k = 1, n do
  local turn = turns[k]
  local i, j = turn & 0xfffff, random(n - 1)
  sleep((turn >> 20) / 1e6 - now())
  sockets[i]:sendto(data, hosts[j >= i and j + 1 or j], 9)
end
sim.settle()

local received = 0
for i = 1, n do received = received + sockets[i].received end
check.equal(received, n, "datagrams received")
