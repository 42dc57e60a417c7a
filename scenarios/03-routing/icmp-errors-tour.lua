-- Seven ways for IP to fail, and what the sender is told. And when is nobody told?
local course = require "course"
sim.lesson { "How IP complains", zh = "ICMP 差错一览",
             question = { "How does IP report errors?", zh = "IP 怎样报告差错？" },
             shows = { "Network, host, protocol, port unreachable, fragmentation needed, time " ..
                       "exceeded: ICMP reports errors and repairs none.",
                       zh = "网络、主机、协议、端口不可达，需要分片，超时……ICMP 只报告差错，不负责修复。" } }
course.defaults()
local client, server, routers, links = course.internet()
local r1, r2, r3 = routers[1], routers[2], routers[3]
local s = client:udp(5000, { df = false })
local fixed, ttl_1 = client:udp(5001, { df = true }), client:udp(5002, { ttl = 1 })

-- A router complains from the address on the way back (RFC 1812 4.3.2.4), not from that of the far side.
-- f sends something that cannot arrive; the one complaint is of this type and code, from that address.
local function complains(what, kind, code, from, f)
  local t = sim.now()
  sim.note(what)
  f()
  sim.sleep("65s")
  local heard = client:packets({ icmp = true, dst = client }, { since = t })
  check.equal(#heard, 1, what)
  local told = heard[1]
  check.equal({ told.icmp.type, told.icmp.code }, { kind, code }, what)
  check.equal(told.ip.src, from, what)
  check(#told.payload >= 28, "it quotes the header of the culprit and eight bytes more")
  check.equal(told.payload:sub(13, 16), string.char(192, 0, 2, 10), "sent to the source of what it quotes")
  return told
end

complains({ "No route: 10.9.9.9 is nowhere.", zh = "没有路由：网络不可达。" }, 3, 0, r1.ip,
          function() s:sendto("x", "10.9.9.9", 9) end)
complains({ "The last router gets no ARP answer.", zh = "最后一跳没有 ARP 应答：主机不可达。" }, 3, 1, "198.51.100.6",
          function() s:sendto("x", "203.0.113.99", 9) end)
complains({ "The server has no protocol 253.", zh = "没有这种协议：协议不可达。" }, 3, 2, server.ip,
          function() client:send_raw { ip = { dst = server, proto = 253 }, payload = "whatever" } end)
complains({ "Nobody listens on port 9.", zh = "没有程序监听：端口不可达。" }, 3, 3, server.ip,
          function() s:sendto("x", server, 9) end)
links[3]:set { mtu = 1400 }
local told = complains({ "Too large for the next cable, and must not be cut.", zh = "太大又不许分片：需要分片。" },
                       3, 4, "198.51.100.2",
                       function() fixed:sendto(string.rep("x", 1472), server, 9) end)
check.equal(told.icmp.mtu, 1400, "and this would fit")
complains({ "TTL 1 is used up at the first router.", zh = "TTL 耗尽：超时。" }, 11, 0, "192.0.2.1",
          function() ttl_1:sendto("x", server, 9) end)
complains({ "The other fragments never come.", zh = "其余分片没到：重组超时。" }, 11, 1, server.ip,
          function() client:send_raw { ip = { dst = server, mf = true, proto = 17 }, payload = string.rep("x", 64) } end)

sim.note { "Nobody is told of an error's own failure, of a broadcast's, of a later fragment's.",
           zh = "差错报文本身、广播、非首片出了错，都不再报告。" }
local t = sim.now()
client:send_raw { ip = { dst = server, ttl = 1 }, icmp = { type = 3, code = 3 }, payload = string.rep("x", 28) }
client:send_raw { ip = { dst = server, ttl = 1, frag = 1480, proto = 17 }, payload = string.rep("x", 64) }
s:sendto("x", "192.0.2.255", 9)
sim.sleep("65s")
check.equal(#client:packets({ icmp = true, dst = client }, { since = t }), 0, "RFC 1122 3.2.2: none of the three")
check.equal(r1.drops["ip.ttl"], 3, "though two of them died of their TTL, as the one before")
