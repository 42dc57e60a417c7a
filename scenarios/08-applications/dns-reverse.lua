-- Whose address is 203.0.113.80? The same tree, the other way round.
local course = require "course"
sim.lesson { "From address to name", zh = "反向解析",
             question = { "Can one look up the name of an address?", zh = "能由 IP 地址查到域名吗？" },
             shows = { "From address to name: its bytes reversed, as a name under in-addr.arpa.",
                       zh = "反向解析：把 IP 倒过来写成 in-addr.arpa 的名字去查。" } }
course.defaults()
local client, server, routers = course.internet { client = { dns = course.resolver } }
local at = course.names(routers)

local answer = client:resolve("203.0.113.80")
check.equal(answer.name, "80.113.0.203.in-addr.arpa", "the octets turned round, below in-addr.arpa")
check.equal(answer.type, "PTR")
check.equal(answer.answer[1].data, "www.example.com")
local asked = client:packets { udp = true, dport = 53 }[1]
check.equal(#asked.payload, 43)
check.equal(asked.dns.name, "80.113.0.203.in-addr.arpa")
check.trace({ client, at.resolver }, [[
  0.000  client > resolver.53   "PTR? 80.113.0.203.in-addr.arpa"
  0.095  resolver.53 > client   "PTR www.example.com"
]])
local none, err = client:resolve("203.0.113.81")
check.equal(none, nil)
check.equal(err, "EAI_NONAME", "nobody has to give an address a name")
sim.note { "The name of an address is a record like any other: as reliable as who wrote it, and missing where nobody did.",
           zh = "地址的名字也只是一条记录，谁写的就看谁可靠不可靠；没人写，就查不到。" }
