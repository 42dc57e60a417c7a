-- The question is lost: who notices, and when?
local course = require "course"
sim.lesson { "The question gets lost", zh = "DNS 丢包",
             question = { "A DNS question is lost: who repeats it?", zh = "DNS 请求丢了，谁来重发？" },
             shows = { "A question is lost, UDP does not care, and the resolver asks again after 5 s.",
                       zh = "DNS 请求丢了，UDP 不管，由解析程序等 5 秒再问一次。" } }
local p = sim.params { timeout = "5s" }
course.defaults()
local client, server, routers, links = course.internet {
  client = { dns = course.resolver, resolver = { timeout = p.timeout } } }
local at = course.names(routers)
links[1]:drop({ udp = true, dport = 53 }, { count = 1 })

local answer = client:resolve("www.example.com")
local wait = sim.number(p.timeout)
check.equal(answer.address, server.ip, "it is found all the same")
check.near(sim.now(), wait + 0.146, 1e-9, "a timeout later")
local asked = client:packets { udp = true, dport = 53 }
check.equal(#asked, 2)
check.near(asked[2].time, wait, 0, "UDP did nothing; the resolver's own clock rang")
check.equal(asked[2].retransmission, false, "no layer below knows that it is a repetition")
check(asked[1].dns.id ~= asked[2].dns.id, "it is a new question, with an id of its own")
sim.note { "UDP promises nothing. The program asks again, after five seconds by custom.",
           zh = "UDP 什么都不保证。是解析程序自己再问一次，习惯上等 5 秒。" }
