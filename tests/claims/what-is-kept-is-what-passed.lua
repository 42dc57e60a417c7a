-- What the record tells of a frame is what lay on the cable there, wherever it writes less down than
-- that: behind routers, behind a switch, and where a router's frames go to two stations in turn.
sim.defaults { arp = { warm = true } }
local a, b, c = sim.host("a"), sim.host("b"), sim.host("c")
local r1, r2 = sim.router("r1"), sim.router("r2")
local left, right = sim.switch("left"), sim.switch("right")
sim.link(a, left, { delay = "10us" })
sim.link(left, r1, { delay = "10us" })
sim.link(r1, r2, { delay = "1ms" })
sim.link(r2, right, { delay = "10us" })
sim.link(right, b, { delay = "10us" })
sim.link(right, c, { delay = "20us" })

-- The switch on the right learns no station, for none ever sends: b and c get all.
for _, to in ipairs { b, c } do to:udp(9000):sink() end
local from = a:udp(9000)
for i = 1, 20 do
  sim.sleep("100us")
  from:sendto(("x"):rep(20 * i), i % 3 == 0 and c or b, 9000)
end
sim.settle()

-- RFC 1624: a header whose TTL, the upper half of its word, is one less has a sum that is 0x100 more.
local function counted_down(sum, routers)
  sum = sum + 0x100 * routers
  return sum > 0xffff and sum - 0xffff or sum
end

local function addresses(p)
  return tostring(p.eth.src) .. " > " .. tostring(p.eth.dst)
end

local sent = {}
for _, p in ipairs(a:packets("udp")) do sent[p.id] = p end

local passed, told = {}, 0 -- addresses, by packet and how many routers are behind it
local before = { a = 0, left = 0, r1 = 0, r2 = 1, right = 2, b = 2, c = 2 }
for _, node in ipairs { a, r1, r2, b, c } do
  for _, p in ipairs(node:packets("udp")) do
    local routers = before[node.name] + (p.kind == "sent" and node ~= a and 1 or 0)
    local of, at = sent[p.id], p.id .. " behind " .. routers
    passed[at] = passed[at] or addresses(p)
    told = told + 1
    check.equal(p.ip.ttl, 64 - routers, "the TTL at " .. node.name)
    check.equal(p.ip.checksum, counted_down(of.ip.checksum, routers), "the sum at " .. node.name)
    check.equal(p.udp.checksum, of.udp.checksum, "UDP's sum at " .. node.name)
    check.equal(addresses(p), passed[at], "the stations at " .. node.name)
  end
end
check.equal(told, 20 * (1 + 2 + 2 + 2), "passages that are told")

local stations = {} -- to which r2 sends, by the host they are for
for _, p in ipairs(r2:packets("udp")) do
  if p.kind == "sent" then
    local host = tostring(p.ip.dst)
    stations[host] = stations[host] or tostring(p.eth.dst)
    check.equal(tostring(p.eth.dst), stations[host], "the station of " .. host)
  end
end
local one, its = next(stations)
local _, others = next(stations, one)
check(others and its ~= others, "r2 sends to two stations")

-- Another station for the same host, while frames go there.
from:sendto("found", b, 9000)
sim.settle()
r2:arp_set(b, "02:00:00:00:be:ef")
for _ = 1, 2 do from:sendto("astray", b, 9000) end
sim.settle()
local sent_by_r2 = r2:packets("udp")
for i = 0, 2 do
  local p = sent_by_r2[#sent_by_r2 - 2 * i]
  check.equal(p.kind, "sent", "what r2 did last")
  check.equal(tostring(p.eth.dst), i < 2 and "02:00:00:00:be:ef" or stations[tostring(p.ip.dst)],
    "the station of frame " .. i)
end
