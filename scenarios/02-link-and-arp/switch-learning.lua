-- A switch reads who sends from where. Whom does it still have to shout to?
local course = require "course"
sim.lesson { "How a switch learns", zh = "交换机学习",
             question = { "How does a switch know where to send?", zh = "交换机怎么知道往哪个口发？" },
             shows = { "A switch learns from source addresses who lives behind which port, and floods " ..
                       "only what it does not know.",
                       zh = "交换机从源 MAC 学会“谁在哪个口”，不认识的目的地才向所有口泛洪。" } }
course.defaults({}, "cold")
local hosts, sw, cables = course.lan()
local a, b, c, d = hosts.a, hosts.b, hosts.c, hosts.d

local function stations()
  local at = {}
  for _, row in ipairs(sw:mac_table()) do at[row.mac] = row.port end
  return at
end

-- The two ARP frames have taught it two stations before the first echo request comes.
local pings = a:spawn(function() return a:ping(b, { count = 10 }) end)
sim.sleep("3.5ms")
check.equal(stations(), { [a.mac] = "eth0", [b.mac] = "eth1" }, "the request taught A, the reply taught B")
sim.note { "Two frames have passed: the switch knows A and B.", zh = "过了两帧，交换机已经学会 A 和 B。" }
check.equal(pings:wait().received, 10)

check.equal(c:ping(a, { count = 1 }).received, 1)
check.equal(stations()[c.mac], "eth2")
sim.note { "D sent nothing: the switch does not know it.", zh = "D 没有发过任何帧，交换机还不认识它。" }
check.equal(stations()[d.mac], nil)

-- All that D's cable carried are the two questions to everybody: A's, and C's.
check.trace(d, [[
  0.002  arp request 192.168.1.12
  ...
]])
check.equal(#d:packets(), 2, "two broadcasts")
check.equal(#d:packets { arp = "request" }, 2)
check.equal(#c:packets { icmp = true, dst = b }, 0, "no echo of A and B came past C")
check.equal(cables.d.counters.sent, 2, "unicast frames went to one port only")

sim.sleep("301s")
check.equal(sw:mac_table(), {}, "after 300 s of silence an entry is forgotten")
