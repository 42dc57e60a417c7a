-- What is put around a DNS question on its way down, and which of it changes at a router?
local course = require "course"
sim.lesson { "A DNS question on its way down", zh = "DNS 请求逐层封装",
             question = { "What is wrapped around a DNS question?", zh = "DNS 请求外面包了几层？" },
             shows = { "A question gets a UDP header, an IP header and an Ethernet header, and goes " ..
                       "from router to router.",
                       zh = "DNS 请求加 UDP 首部、IP 首部、MAC 首部，交给路由器一站站送出去。" } }
course.defaults({}, "cold")
local client, server, routers = course.internet { client = { dns = course.resolver } }
local at = course.names(routers)
local r1 = routers[1]
sim.spawn(function()
  sim.sleep("2ms")
  sim.note { "ARP asks for the router's MAC, not the resolver's: the resolver is on another network.",
             zh = "ARP 问的是路由器的 MAC，不是域名服务器的：域名服务器在别的网络上。" }
end)
client:resolve("www.example.com")

-- The router's MAC comes first: ARP asks for r1, not for the resolver.
check.trace(client, [[
  0.000  arp request 192.0.2.1
  0.002  arp reply 192.0.2.1
  0.002  client > resolver.53  "A? www.example.com"
  ...
]])
local sent = client:packets { udp = true, dport = 53 }[1]
check.equal(#sent.payload, 33, "the application's message")
check.equal(sent.udp.len, 41, "UDP adds 8")
check.equal(sent.ip.len, 61, "IP adds 20")
check.equal(sent.wire_len, 75, "Ethernet adds 14")
check(sent.udp.sport >= 32768, "from a port of the client's own")
check.equal(sent.udp.dport, 53, "to the port where name servers listen")
check.equal(sent.ip.dst, course.resolver, "to the resolver's address")
check.equal(sent.eth.dst, course.mac("192.0.2.1"), "but in a frame for r1")

-- r1 takes the frame off, and puts another one on.
local onward = routers[2]:packets { udp = true, dport = 53, src = client }[1]
check.equal(onward.eth.src, course.mac("198.51.100.1"), "r1's other interface")
check.equal(onward.eth.dst, course.mac("198.51.100.2"), "r2's")
check.equal(onward.ip.src, client.ip)
check.equal(onward.ip.dst, course.resolver, "the addresses are the same")
check.equal(onward.ip.ttl, sent.ip.ttl - 1, "one hop less to live")
check.equal(onward.payload, sent.payload, "the question is untouched")
sim.table { "The question on its way down, at the client", zh = "DNS 请求在客户端逐层向下",
            columns = { { "layer", zh = "层" }, { "adds", zh = "加上" }, { "bytes then", zh = "共多少字节" }, { "to", zh = "交给谁" } },
            rows = {
  { { "application", zh = "应用层" }, { "the question", zh = "请求本身" }, #sent.payload, sent.dns.name },
  { { "transport: UDP", zh = "传输层：UDP" }, { "8: ports", zh = "8：端口" }, sent.udp.len, { "port 53", zh = "53 端口" } },
  { { "network: IP", zh = "网络层：IP" }, { "20: addresses", zh = "20：IP 地址" }, sent.ip.len, sent.ip.dst },
  { { "link: Ethernet", zh = "链路层：以太网" }, { "14: MACs", zh = "14：MAC 地址" }, sent.wire_len, "r1, " .. sent.eth.dst } } }
sim.note { "33 bytes of question, 8 of UDP, 20 of IP, 14 of Ethernet: only the last are made anew at every hop.",
           zh = "DNS 请求 33 字节，加 UDP 首部 8、IP 首部 20、MAC 首部 14；每过一台路由器只换 MAC 首部。" }
