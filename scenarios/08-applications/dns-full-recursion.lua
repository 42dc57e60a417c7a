-- Who finds the address of www.example.com: which servers are asked, in which order, by whom?
local course = require "course"
sim.lesson { "Root, com, example", zh = "递归与迭代查询",
             question = { "Who finds the address: which servers are asked, and by whom?",
                          zh = "地址是谁查到的？依次问了哪些服务器？" },
             shows = { "The resolver asks the root, com and the authoritative server in turn; the " ..
                       "client asks once.",
                       zh = "本地域名服务器依次问根、com、权威服务器，客户端只问一次。" } }
course.defaults()
local client, server, routers = course.internet { client = { dns = course.resolver } }
local at = course.names(routers)

local queries = {}
sim.on("dns:query_sent", function(event) queries[#queries + 1] = event end)
local answer = client:resolve("www.example.com")
check.near(sim.now(), 0.146, 0, "7 there, three times 44 between the servers, 7 back")
print(answer)
sim.note { "The client asked once; the resolver asked the root, com and example.com in turn. That a provider's server \"finds\" a name means this, or that it remembers from last time.",
           zh = "客户端只问一次，本地域名服务器依次问根、com、权威服务器。所谓运营商的服务器“查到”域名，要么就是这样问来的，要么是上次问过还记得。" }

check.equal(answer.address, server.ip)
check.equal(answer.ra, true, "the resolver does the work (recursion)")
check.equal(answer.aa, false, "but does not own the name")
check.equal(answer.answer[1].ttl, 300)

check.trace({ client, at.resolver }, [[
  0.000  client > resolver.53   "A? www.example.com"
  0.139  resolver.53 > client   "A 203.0.113.80"
]])
check.trace(at.resolver, [[
  0.007  client > resolver.53   "A? www.example.com"
  0.007  resolver > root.53     "A? www.example.com"
  0.051  root.53 > resolver     "to ns.com"
  0.051  resolver > com.53      "A? www.example.com"
  0.095  com.53 > resolver      "to ns.example.com"
  0.095  resolver > auth.53     "A? www.example.com"
  0.139  auth.53 > resolver     "A 203.0.113.80"
  0.139  resolver.53 > client   "A 203.0.113.80"
]])

local first = client:packets { udp = true, dport = 53 }[1]
check.equal(#first.payload, 33, "the question is 33 bytes")
check.equal(first.wire_len, 75, "and 75 with UDP, IP and Ethernet in front")
check.equal(first.dns.rd, true, "the client wants the answer, not a hint")
for _, packet in ipairs(at.resolver:packets { udp = true, dport = 53, src = at.resolver }) do
  check.equal(packet.dns.rd, false, "a server is asked for what it knows itself")
end
local last = at.auth:packets { udp = true, sport = 53 }[1]
check.equal(last.dns.aa, true, "the authoritative server owns the name")

local ids, ports = {}, {}
for _, event in ipairs(queries) do ids[event.id] = true end
for _, packet in ipairs(at.resolver:packets { udp = true, dport = 53, src = at.resolver }) do
  check(packet.udp.sport >= 32768, "from a high port")
  ports[packet.udp.sport] = true
end
local function count(set) local n = 0 for _ in pairs(set) do n = n + 1 end return n end
check.equal(count(ids), 4, "four questions, four ids")
check.equal(count(ports), 3, "and from three ports")
