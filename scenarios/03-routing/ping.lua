-- Are you there? An echo request and its reply, and what is heard of a host that is not.
local course = require "course"
sim.lesson { "Are you there?", zh = "回显请求与应答",
             question = { "How does ping know that a host is there?", zh = "ping 怎么知道对方在不在？" },
             shows = { "Echo request and reply with the same identifier and number, and so the " ..
                       "round-trip time.",
                       zh = "ICMP 回显请求与回答：同一个标识和序号，量出往返时间。" } }
course.defaults()
local client, r, server, near, far = course.hop()

local result = client:ping(server, { count = 3, size = 56 })
check.equal(result.received, 3)
for i, reply in ipairs(result.rtts) do
  check.equal(reply.seq, i)
  check.near(reply.rtt, 0.040, 0, "four cables of 10 ms")
  check.equal(reply.ttl, 63, "one router on the way back took one off")
end
check.trace({ client, server }, [[
  0.000  client > server  icmp echo-request  seq 1
  0.020  server > client  icmp echo-reply    seq 1
  1.000  client > server  icmp echo-request  seq 2
  1.020  server > client  icmp echo-reply    seq 2
  2.000  client > server  icmp echo-request  seq 3
  2.020  server > client  icmp echo-reply    seq 3
]])
local asked = client:packets { icmp = "echo-request" }[1]
local answered = client:packets { icmp = "echo-reply" }[1]
check.equal(answered.payload, asked.payload, "the reply carries the same data")
check.equal(answered.icmp.id, asked.icmp.id)

sim.note { "The server's cable is pulled: silence is the only answer.", zh = "拔掉服务器的网线：只剩沉默。" }
far:down()
local silence = client:ping(server, { count = 2 })
check.equal(silence.received, 0)
