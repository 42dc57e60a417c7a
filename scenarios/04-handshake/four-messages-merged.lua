-- My number, your "understood"; your number, my "understood": four messages. Why three segments?
local course = require "course"
sim.lesson { "Four messages in three envelopes", zh = "四步并作三步",
             question = { "Where did the fourth message go?", zh = "第四个消息到哪里去了？" },
             shows = { "Four steps would do it; acknowledging and asking happen at once, so they share " ..
                       "an envelope, and four become three.",
                       zh = "同步本来要四步，确认和请求同时发生，于是并成一个报文段，四次变三次。" },
             flip = { handshake = "three-way" } }
local p = sim.params { handshake = "split" }       -- a server that does not merge its two
course.defaults()
local client, server = course.pair { server = { tcp = { handshake = p.handshake } } }

local listener = server:listen(80)
local conn = client:connect(server, 80, { sport = 40000 })
local connected = sim.now()
local peer = listener:accept()
sim.sleep("1s")
if p.handshake == "split" then
  check.near(connected, 0.040, 1e-9, "two round trips instead of one")
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [.]   ack 1
    0.010  server > client  [S]   seq 0
    0.020  client > server  [S.]  seq 0 ack 1
    0.030  server > client  [.]   seq 1 ack 1
  ]])
  check.equal(client.drops["tcp.syn-sent-other"], 1, "the bare ACK says nothing that SYN-SENT could use")
  sim.note { "The client drops the bare ACK, and takes the lone SYN for a simultaneous open: a split handshake, five segments.",
             zh = "客户端丢弃那个纯 ACK，又把单独的 SYN 当成同时打开：这叫拆分的握手，用了五个报文段。" }
else
  check.near(connected, 0.020, 1e-9)
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [S.]  seq 0 ack 1
    0.020  client > server  [.]   ack 1
  ]])
end
check.equal({ conn.state, peer.state }, { "ESTABLISHED", "ESTABLISHED" })
conn:send("hello")
check.equal(peer:recv(), "hello")
sim.note { "\"Understood\" and \"my number is\" are due at the same instant: one segment carries both (RFC 9293 §3.4.1). In closing they are not: four.",
           zh = "“知道了”和“我的序号是”恰好同时要说，于是并成一个报文段（RFC 9293 §3.4.1）。关闭时两句话不同时，所以是四次。" }
