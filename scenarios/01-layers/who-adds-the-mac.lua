-- "The IP layer writes the destination's MAC address." Does it? And whose address is it?
local course = require "course"
sim.lesson { "The IP layer does not write MAC addresses", zh = "MAC 地址是谁写上去的",
             question = { "Which layer writes the MAC address?", zh = "MAC 地址是哪一层写的？" },
             shows = { "IP only chooses the next hop; the link layer asks for its MAC by ARP and writes it.",
                       zh = "IP 层只决定“下一跳是谁”，MAC 地址由链路层经 ARP 问到后才写上，而且写的是下一跳的 MAC。" },
             flip = { arp = "warm" } }
local p = sim.params { arp = "cold" }

-- One datagram from the client to the server, behind the router; the frame in which it left.
local function send(q)
  course.defaults({}, q.arp == "cold")
  local client, r, server = course.hop()
  local steps = {}
  local function step(who, zh, what, zh_what)
    steps[#steps + 1] = { string.format("%.3f", sim.now()), { who, zh = zh }, { what, zh = zh_what } }
  end
  sim.on("arp:learned", function(event)
    if event.node == client then
      step("link", "链路层", "the answer: " .. event.ip .. " is " .. event.mac, "得到回答：" .. event.ip .. " 是 " .. event.mac)
    end
  end)
  local receiver = server:udp(9)
  local sender = client:udp(5000)
  step("UDP", "UDP", "8 bytes of header, ports 5000 and 9", "首部 8 字节，端口 5000 和 9")
  local route
  for _, row in ipairs(client:routes()) do route = row.via and row or route end
  check.equal(route.via, "10.0.1.1", "no MAC in a routing table: an address of the next hop and an interface")
  step("IP", "IP", "to " .. server.ip .. ": next hop " .. route.via .. ", " .. route.iface, "去 " .. server.ip .. "：下一跳 " .. route.via .. "，" .. route.iface)
  sender:sendto("hello", server, 9)
  check.equal(receiver:recvfrom(), "hello")
  for _, packet in ipairs(client:packets { src = client }) do
    local what, zh = "the datagram", "数据报"
    if packet.arp then what, zh = "who has " .. packet.arp.tpa .. "?", "谁是 " .. packet.arp.tpa .. "？" end
    steps[#steps + 1] = { string.format("%.3f", packet.time), { "link", zh = "链路层" },
                          { what .. " to " .. packet.eth.dst, zh = zh .. "发往 " .. packet.eth.dst } }
  end
  table.sort(steps, function(a, b) return a[1] < b[1] end)
  return client:packets { udp = true }[1], steps, #client:packets { arp = true }
end

local frame, steps, questions = send { arp = p.arp }
sim.table { "What happens on the client", zh = "客户端上发生的事", rows = steps,
            columns = { { "second", zh = "时刻" }, { "who", zh = "谁" }, { "what", zh = "做什么" } } }
check.equal(frame.ip.dst, "10.0.2.20", "the IP header names the server,")
check.equal({ frame.udp.len, frame.ip.len }, { 13, 33 }, "5 bytes, 8 of UDP, 20 of IP")
check.equal(frame.eth.dst, course.mac("10.0.1.1"), "the frame the router: the next hop's MAC, not the destination's")

-- The datagram was ready before anybody knew a MAC: with a warm cache it is the same, byte for byte.
local other = sim.play(function()
  local f = send { arp = p.arp == "cold" and "warm" or "cold" }
  return { ip = f.ip, udp = f.udp, payload = f.payload, time = f.time }
end).value
check.equal({ other.ip, other.udp, other.payload }, { frame.ip, frame.udp, frame.payload })
if p.arp == "cold" then
  check.equal(questions, 2, "a question and its answer,")
  check.near(frame.time, 0.020, 0, "for which the finished datagram waited")
  sim.note { "For 20 ms the datagram lay finished and could not leave: IP had done its part, the MAC was missing.",
             zh = "数据报早已做好，却等了 20 毫秒才发出：IP 的事做完了，缺的是 MAC 地址。" }
else
  check.equal(questions, 0)
  check.near(frame.time, 0, 0, "the link layer knows already: it leaves at once")
  sim.note { "The cache knows the router's MAC: no question, no wait. The datagram is the same.",
             zh = "缓存里已有路由器的 MAC：不问也不等。数据报一模一样。" }
end
sim.note { "IP answers \"who is next?\", ARP \"which MAC is that?\"; only the frame is addressed to it (RFC 826, RFC 1122 §2.3).",
           zh = "IP 回答“下一跳是谁”，ARP 回答“它的 MAC 是什么”，写上去的是帧首部（RFC 826、RFC 1122 §2.3）。" }
