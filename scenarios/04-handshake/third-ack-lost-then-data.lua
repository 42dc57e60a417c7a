-- The third segment is lost, but data follows. Does the server have to wait for its timer?
local course = require "course"
sim.lesson { "Third lost, data saves the day", zh = "第三次握手丢了但数据到了",
             question = { "Third segment lost, then data arrives?", zh = "第三次握手丢了，数据却到了会怎样？" },
             shows = { "Third lost, but data arrive: their acknowledgment counts as well, so the " ..
                       "connection is established and the data delivered at once.",
                       zh = "第三次握手丢了但数据到了：数据里的确认号同样有效，连接当场建立并交付数据。" },
             flip = { speaks = false } }
local p = sim.params { speaks = true }
course.defaults()
local client, server, wire = course.pair()

local listener = server:listen(80)
wire:drop({ tcp = ".", src = client }, { count = 1 })
local conn = assert(client:connect(server, 80, { sport = 40000 }))
check.near(sim.now(), 0.020, 0, "the client notices nothing")
sim.sleep(0.2 - sim.now())
check.equal(#server:sockets { state = "SYN_RECEIVED" }, 1, "the server is still waiting for the third")
if not p.speaks then                    -- see third-ack-lost-idle
  local peer = listener:accept()
  check.near(sim.now(), 1.030, 0, "nothing carries the acknowledgment: only the repeated SYN-ACK brings it out")
  check.equal(server.counters.TcpRetransSegs, 1)
  sim.note { "Silence: the server has to repeat its SYN-ACK, and is a second late.",
             zh = "双方沉默：服务器只好重发 SYN+ACK，晚了 1 秒。" }
  return
end
conn:send(string.rep("q", 41))
local peer = listener:accept()
check.near(sim.now(), 0.210, 0, "the data's acknowledgment number is as good as the lost one")
check.equal(#peer:recv(), 41)
check.near(sim.now(), 0.210, 0, "and the bytes are delivered in the same step")
sim.note { "Every segment carries an acknowledgment: data is a third handshake too.",
           zh = "每个报文段都带确认：数据也顶得上第三次握手。" }
sim.sleep("5s")
check.equal(server.counters.TcpRetransSegs + client.counters.TcpRetransSegs, 0,
            "the SYN-ACK's timer was stopped: nothing is sent twice")
