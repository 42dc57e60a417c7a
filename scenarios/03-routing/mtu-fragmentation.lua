-- A datagram that is too large for the next cable is cut into three. What if one piece is lost?
local course = require "course"
sim.lesson { "Cut and glued", zh = "分片与重组",
             question = { "What is the price of fragmentation?", zh = "分片要付出什么代价？" },
             shows = { "A large datagram is cut in three; lose one piece and all is lost, which is why " ..
                       "TCP would rather not be fragmented.",
                       zh = "一个大数据报切成三片，丢一片等于全丢，所以 TCP 尽量不让 IP 分片。" } }
course.defaults()
local client, r, server, near, far = course.hop()
far:set { mtu = 576 }

local inbox = server:udp(9000)
local got = 0
server:spawn(function()
  while true do
    check.equal(#inbox:recvfrom(), 1400, "whole or not at all")
    got = got + 1
  end
end)

local s = client:udp(5000, { df = false })
local payload = string.rep("x", 1400)
s:sendto(payload, server, 9000)
sim.sleep("1s")
check.equal(got, 1)
check.equal(near:packets({ src = client })[1].ip.len, 1428, "one datagram on the first cable")
local pieces = far:packets { src = client }
check.equal(#pieces, 3, "three fragments on the second")
for i, want in ipairs { { 552, 0, true }, { 552, 552, true }, { 304, 1104, false } } do
  local ip = pieces[i].ip
  check.equal({ ip.len - 20, ip.frag, ip.mf }, want, "fragment " .. i)
  check.equal(ip.id, pieces[1].ip.id, "all have the datagram's identification")
end

sim.note { "The same again, and the middle piece is lost.", zh = "再来一次，中间一片丢了。" }
local t = sim.now()
far:drop("ip[6:2] & 0x1fff = 69", { count = 1 })
s:sendto(payload, server, 9000)
sim.sleep("61s")
check.equal(got, 1, "nothing is delivered")
local told = client:packets({ icmp = "ttl-zero-during-reassembly" })[1]
check(told, "the sender is told")
check.near(told.time, t + 0.020 + 60 + 0.020, 0, "60 s after the first piece came (RFC 1122 3.3.2)")
check.equal(told.ip.src, server.ip, "by the server: it is the only one that glues")
check.equal(server.drops["ip.frag-timeout"], 2, "two pieces that did arrive were useless")
sim.note { "848 bytes arrived for nothing: that is why TCP sizes its segments so that IP need not cut.",
           zh = "848 字节白到了：所以 TCP 自己定报文段大小，尽量不让 IP 分片。" }
