-- The home router is entered as DNS server. Does a router know names?
local course = require "course"
sim.lesson { "The home router that answers", zh = "家用路由器代答",
             question = { "Does a router know names?", zh = "路由器懂域名吗？" },
             shows = { "The router itself knows no names; it is the DNS forwarder on it that answers.",
                       zh = "路由器本身不懂域名，是它上面的 DNS 转发程序在代答。" },
             flip = { forwarder = false } }
local p = sim.params { forwarder = true }
course.defaults()
local client, server, routers = course.internet { client = { dns = "192.0.2.1" } }
local at = course.names(routers)
local r1 = routers[1]
if p.forwarder then r1:serve_dns { forward = { course.resolver } } end

local answer, err = client:resolve("www.example.com")
if p.forwarder then
  check.equal(answer.address, server.ip)
  check.equal(answer.server, "192.0.2.1", "the answer comes from the router")
  check.near(sim.now(), 0.146, 1e-9)
  check.trace({ r1, at.resolver }, [[
    0.001  r1 > resolver.53   "A? www.example.com"
    0.139  resolver.53 > r1   "A 203.0.113.80"
  ]])
  check.equal(r1:packets { udp = true, dport = 53, src = "198.51.100.1" }[1].dns.rd, true,
              "a program on it asks on, as a client would")
  local before = #r1:packets { udp = true, dport = 53, src = "198.51.100.1" }
  client:resolve("www.example.com")
  check.equal(#r1:packets { udp = true, dport = 53, src = "198.51.100.1" }, before, "and remembers")
  sim.note { "A small program on the router asks on and remembers; routing has nothing to do with it.",
             zh = "是路由器上的一个小程序替你去问，并且记住答案；和转发分组的功能没有关系。" }
else
  check.equal(err, "EAI_AGAIN")
  check.equal(#client:packets { icmp = "port-unreachable" }, 2, "nobody listens on port 53 of a plain router")
  check.near(sim.now(), 0.004, 1e-9, "the client need not wait for a timeout")
  sim.note { "A plain router answers port unreachable: it forwards packets and knows no names.",
             zh = "普通路由器上没有程序监听 53 端口，只回 ICMP 端口不可达。" }
end
