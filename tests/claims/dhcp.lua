-- What a scenario can rely on of DHCP: the life of a lease, who gets which address, and what goes wrong.

-- A LAN with a server `s` (192.168.1.1) and hosts without addresses, by name.
local function lan(names, opts)
  local sw, hosts, links = sim.switch("sw"), {}, {}
  local s = sim.host("s", { ip = "192.168.1.1/24" })
  sim.link(sw, s, { delay = "1ms" })
  for _, name in ipairs(names) do
    hosts[name] = sim.host(name, { ip = "dhcp" })
    links[name] = sim.link(hosts[name], sw, { delay = "1ms" })
  end
  opts = opts or {}
  opts.pool = opts.pool or "192.168.1.100-192.168.1.102"
  opts.ping = opts.ping or false
  s:serve_dhcp(opts)
  return s, hosts, links, sw
end

local function play(f)
  local run = sim.play(f)
  check(run.ok, "it holds")
end

-- The lease runs out while the server is away: address, route and resolver go, connections stall.
play(function()
  local s, hosts = lan({ "a" }, { lease = "10min", router = "192.168.1.1", dns = "192.168.1.1" })
  local lost = {}
  sim.on("dhcp:lost", function(event) lost[#lost + 1] = event end)
  local lease = hosts.a:dhcp()
  check.equal(#hosts.a:routes(), 2)
  s:crash()
  sim.sleep(lease.rebind + 1 - sim.now())
  check.equal(hosts.a:dhcp_state(), "REBINDING")
  check.equal(hosts.a.ip, "192.168.1.100", "until the last second")
  sim.sleep(lease.expires + 1 - sim.now())
  check.equal({ hosts.a.ip, hosts.a:dhcp_lease(), #hosts.a:routes() }, { nil, nil, 0 }, "all of it is gone")
  check.equal({ #lost, lost[1].why, lost[1].address }, { 1, "expired", "192.168.1.100" })
  check.equal({ hosts.a:connect("192.168.1.1", 80) }, { nil, "ENETUNREACH" })
end)

-- The pool is finite: the fourth waits until one is given back.
play(function()
  local s, hosts = lan { "a", "b", "c", "d" }
  for _, name in ipairs { "a", "b", "c" } do hosts[name]:dhcp { probes = 0 } end
  check.equal({ hosts.d:dhcp { timeout = "10s" } }, { nil, "TIMEOUT" })
  check(hosts.b:dhcp_release())
  check.equal(hosts.b.ip, nil)
  hosts.d:dhcp()
  check.equal(hosts.d.ip, "192.168.1.101", "the one that is free")
  check.equal(s:dhcp_leases()["192.168.1.101"].name, "d")
end)

-- Somebody has taken an address without asking: the client finds out, declines, and gets another.
play(function()
  local s, hosts, _, sw = lan { "a" }
  sim.link(sim.host("squatter", { ip = "192.168.1.100/24" }), sw, { delay = "1ms" })
  hosts.a:dhcp()
  check.equal(hosts.a.ip, "192.168.1.101")
  check.equal(s:dhcp_leases()["192.168.1.100"].state, "declined")
end)

-- The same, but the server asks first.
play(function()
  local s, hosts, _, sw = lan({ "a" }, { ping = true })
  sim.link(sim.host("squatter", { ip = "192.168.1.100/24" }), sw, { delay = "1ms" })
  hosts.a:dhcp()
  check.equal(hosts.a.ip, "192.168.1.101")
  check.equal(#hosts.a:packets { udp = true, dport = 67 }, 2, "the client never heard of the other")
end)

-- A reservation; an address asked for; a lease asked for; one for ever.
play(function()
  local _, hosts = lan({ "a", "b" }, { lease = 0, reservations = { ["02:00:00:00:00:02"] = "192.168.1.7" } })
  check.equal(hosts.a.mac, "02:00:00:00:00:02")
  check.equal(hosts.a:dhcp().ip, "192.168.1.7")
  check.equal(hosts.a:dhcp().lease, math.huge)
  check.equal(hosts.b:dhcp { request = "192.168.1.102", lease = "1min" }.ip, "192.168.1.102")
end)

-- Power off and on: the host asks for what it had.
play(function()
  local _, hosts = lan { "a" }
  hosts.a:dhcp()
  hosts.a:crash()
  check.equal(hosts.a.ip, nil)
  hosts.a:boot()
  local from = sim.now()
  check.equal(hosts.a:dhcp().ip, "192.168.1.100")
  local said = hosts.a:packets({ udp = true, dport = 67 }, { since = from })
  check.equal({ #said, said[1].dhcp.type, said[1].dhcp.requested, said[1].dhcp.server },
              { 1, "DHCPREQUEST", "192.168.1.100", nil }, "no DISCOVER, and whoever knows it may answer")
end)

-- A router that gets the address of its outer interface, and its default route, by DHCP.
play(function()
  local isp, home, pc = sim.router("isp"), sim.router("home"), sim.host("pc")
  sim.link(isp:interface("eth0", { ip = "198.51.100.1/24" }), home:interface("wan", { ip = "dhcp" }), { delay = "5ms" })
  sim.link(home:interface("lan", { ip = "192.168.1.1/24" }), pc, { delay = "1ms" })
  isp:serve_dhcp { pool = "198.51.100.50-198.51.100.99", router = isp, ping = false }
  local lease = home:dhcp { interface = "wan", probes = 0 }
  check.equal({ lease.interface, lease.prefix, lease.router }, { "wan", "198.51.100.50/24", "198.51.100.1" })
  check.equal(home:ping(isp, { count = 1 }).received, 1)
end)

-- Others' offers: a second server, and the client keeps to whom it chose.
play(function()
  local _, hosts, _, sw = lan { "a" }
  local rogue = sim.host("rogue", { ip = "192.168.1.250/24" })
  sim.link(rogue, sw, { delay = "3ms" })
  rogue:serve_dhcp { pool = "192.168.1.240-192.168.1.249", router = rogue, ping = false }
  check.equal(hosts.a:dhcp().server, "192.168.1.1", "the first that offers")
  check.equal(rogue:dhcp_leases()["192.168.1.240"].state, "free", "it heard that it was not chosen")
end)

-- An address of its own, and the rest by INFORM.
play(function()
  local s, c = sim.host("s", { ip = "192.168.1.1/24" }), sim.host("c", { ip = "192.168.1.9/24" })
  sim.link(s, c, { delay = "1ms" })
  s:serve_dhcp { pool = "192.168.1.100-192.168.1.102", dns = { "9.9.9.9", "1.1.1.1" }, domain = "lan" }
  local told = c:dhcp_inform()
  check.equal({ told.dns[2], told.domain, told.lease, c.ip }, { "1.1.1.1", "lan", math.huge, "192.168.1.9" })
end)

-- What others send on DHCP's ports is kept whole, too, though nobody has looked at its text before.
play(function()
  local c, s = sim.host("c"), sim.host("s")
  sim.link(c, s, { delay = "1ms" })
  s:udp(67):sink()
  c:udp(68):stream(s, 67, { size = 1000, every = "1ms", count = 1 })
  sim.sleep("10ms")
  check.equal(#s:packets(function(p) return p.payload and #p.payload == 1000 end), 1)
end)
