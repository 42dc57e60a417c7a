-- Who has 192.168.1.12? One host asks all, one answers: how is an IP address turned into a MAC?
local course = require "course"
sim.lesson { "Who has 192.168.1.12?", zh = "ARP 一问一答",
             question = { "How is an IP turned into a MAC?", zh = "IP 地址怎么变成 MAC 地址？" },
             shows = { "A broadcast asks who has 192.168.1.12; only its owner answers, to the asker " ..
                       "alone, with its MAC address.",
                       zh = "广播问“谁是 192.168.1.12？”，只有本人单播回答自己的 MAC。" } }
course.defaults({}, "cold")
local hosts, sw = course.lan()
local a, b, c, d = hosts.a, hosts.b, hosts.c, hosts.d

local first = a:ping(b, { count = 1 })
sim.note { "The first echo request waited 4 ms in A's ARP queue.", zh = "第一个回显请求在 A 的 ARP 队列里等了 4 毫秒。" }
local second = a:ping(b, { count = 1 })
check.near(first.rtts[1].rtt, 0.008, 0, "the first ping pays for the question")
check.near(second.rtts[1].rtt, 0.004, 0, "the second does not")

check.trace({ a, b }, [[
  0.000  arp request 192.168.1.12
  0.002  arp reply 192.168.1.12
  0.004  a > b  icmp echo-request
  0.006  b > a  icmp echo-reply
  ...
]])
local asked = a:packets { arp = "request" }[1]
check.equal(asked.eth.dst, "ff:ff:ff:ff:ff:ff", "the question goes to everybody")
check.equal(asked.arp.op, 1)
check.equal(asked.arp.tha, "00:00:00:00:00:00", "the address asked for is not known yet")
local answer = b:packets { arp = "reply" }[1]
check.equal(answer.arp.op, 2)
check.equal(answer.arp.sha, "02:00:c0:a8:01:0c", "B's MAC, made from its IP")
check.equal(answer.eth.dst, a.mac, "the answer goes to the asker alone")

for _, other in ipairs { c, d } do
  check.equal(#other:packets { arp = "request" }, 1, "the others hear the question")
  check.equal(#other:packets(), 1, "and nothing else; they do not answer")
  check.equal(#other:arp_table(), 0, "nor do they remember")
end
check.equal(#b:packets { arp = "request", src = b }, 0, "B learnt A's MAC from the question")
check.equal(b:arp_table()[a.ip].mac, a.mac)
