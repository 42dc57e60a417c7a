-- The third segment is lost, and nobody has anything to say. Who notices?
local course = require "course"
sim.lesson { "Third lost, nobody speaks", zh = "第三次握手丢了且双方沉默",
             question = { "Third segment lost and both silent?", zh = "第三次握手丢了，双方又都沉默会怎样？" },
             shows = { "Third lost and nobody speaks: the server's SYN-ACK again draws the client's " ..
                       "ACK again.",
                       zh = "第三次握手丢了且双方沉默：服务器重发 SYN+ACK，引出客户端再次确认。" },
             flip = { losses = 3 } }
local p = sim.params { losses = 1 }
course.defaults()
local client, server, wire = course.pair()

local listener = server:listen(80)
wire:drop({ tcp = ".", src = client }, { count = p.losses })
local conn = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 0.020, 0, "for the client all is well")
local peer = listener:accept()
local late = 2 ^ p.losses - 1
check.near(sim.now(), late + 0.030, 0, "the server is ESTABLISHED when the first answer comes through")
sim.sleep("5s")

local repeats = server:packets({ tcp = "S." })
check.equal(#repeats, p.losses + 1)
for i, packet in ipairs(repeats) do check.near(packet.time, 2 ^ (i - 1) - 1 + 0.010, 1e-9, "SYN-ACK " .. i) end
local acks = client:packets { tcp = ".", src = client }
check.equal(#acks, p.losses + 1, "each is answered by an ACK, and no ACK goes by itself")
for i, ack in ipairs(acks) do
  check.near(ack.time, 2 ^ (i - 1) - 1 + 0.020, 1e-9)
  check.equal({ ack.tcp.seq, ack.tcp.ack }, { acks[1].tcp.seq, acks[1].tcp.ack }, "seq 1 ack 1, every time")
end
check.equal(client.counters.TcpRetransSegs, 0, "the client has no timer for an ACK")
sim.note { "ACKs are not retransmitted on a timer: what they failed to acknowledge is, and provokes them again.",
           zh = "ACK 从不因超时而重传：没得到确认的 SYN+ACK 会重传，再把 ACK 引出来。" }
