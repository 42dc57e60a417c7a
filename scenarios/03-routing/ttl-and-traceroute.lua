-- Every router takes one off the TTL. How does traceroute make the path show itself?
local course = require "course"
sim.lesson { "TTL counts hops", zh = "TTL 与路由跟踪",
             question = { "How does traceroute find the routers?", zh = "traceroute 怎么找出沿途的路由器？" },
             shows = { "With a TTL of 1, 2, 3 ... each router on the way in turn says that time is " ..
                       "exceeded, and the path shows itself.",
                       zh = "把 TTL 从 1 逐次加大，沿途每台路由器依次回“超时”，路径就现形了。" } }
course.defaults()
local client, server = course.internet()

local hops = client:traceroute(server)
local expected = {
  { "192.0.2.1", 0.002 }, { "198.51.100.2", 0.012 }, { "198.51.100.6", 0.052 }, { "203.0.113.80", 0.054 },
}
check.equal(#hops, #expected)
for i, row in ipairs(expected) do
  check.equal(hops[i].ip, row[1])
  check.near(hops[i].rtt, row[2], 0)
end
check.equal(#client:packets { icmp = "ttl-zero-during-transit" }, 3, "each router says: the TTL ran out here")
check.equal(#client:packets { icmp = "port-unreachable" }, 1, "the server says: nobody listens there")
check.equal(client:packets { icmp = "time-exceeded" }[1].ip.src, "192.0.2.1")

local answers = client:ping(server, { count = 1 })
check.near(answers.rtts[1].rtt, 0.054, 0)
check.equal(answers.rtts[1].ttl, 61, "three routers on the way back")
