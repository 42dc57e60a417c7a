-- The second segment is lost. Both ends have sent something that was never acknowledged: who repeats?
local course = require "course"
sim.lesson { "The second segment is lost", zh = "第二次握手丢失",
             question = { "What if the second segment is lost?", zh = "第二次握手丢了会怎样？" },
             shows = { "The second segment is lost: the client sends its SYN again and the server its " ..
                       "SYN-ACK; both retransmit.",
                       zh = "第二次握手丢了：客户端重发 SYN，服务器也重发 SYN+ACK，两边都在重传。" },
             flip = { losses = 2 } }
local p = sim.params { losses = 1 }
course.defaults()
local client, server, wire = course.pair()

local accepted = 0
local listener = course.serve(server, 80, function(conn, n) accepted = n end)
wire:drop({ tcp = "S." }, { count = p.losses })
local conn = client:connect(server, 80, { sport = 40000 })
local late = 2 ^ p.losses - 1
check.near(sim.now(), late + 0.020, 0)
sim.sleep("30ms")
sim.note { "Both ends repeat: the client its SYN, the server its SYN-ACK.", zh = "两边都在重传：客户端重发 SYN，服务器重发 SYN+ACK。" }

local syns, answers = client:packets { tcp = "S" }, server:packets { tcp = "S." }
check.equal({ #syns, #answers }, { p.losses + 1, p.losses + 1 })
check.near(syns[2].time, 1.000, 0)
check.near(answers[2].time, 1.010, 0)
check.equal(answers[2].tcp.seq, answers[1].tcp.seq, "with the same initial number")
-- The second SYN is out of the window of a half-open connection: it is answered by a bare ACK
-- (RFC 9293 3.10.7.4, first). Whether it or the timer's SYN-ACK goes first is not ours to claim.
local bare = server:packets { tcp = ".", src = server }
check.equal(#bare, p.losses)
check.near(bare[1].time, 1.010, 0)
check.equal(accepted, 1, "one connection, in spite of two SYNs")
check.equal(#server:sockets { state = "ESTABLISHED" }, 1)
check.near(server:packets({ tcp = ".", src = client })[1].time, late + 0.030, 0, "ESTABLISHED at the server")
if p.losses == 1 then
  check.trace(client, [[
    0.000  client > server  [S]   seq 0
    1.000  client > server  [S]   seq 0
    ...
    1.020  client > server  [.]   seq 1 ack 1
    ...
  ]])
end
sim.note { "The server has had that SYN: it takes nothing of it, and answers with a bare ACK (RFC 9293 §3.10.7.4). A stack may as well answer with the SYN-ACK itself and start its timer anew: Linux does.",
           zh = "这个 SYN 服务器早就收到过，所以不再接受，只回一个 ACK（RFC 9293 §3.10.7.4）；也可以直接再回 SYN+ACK 并重新计时：Linux 就是这样。" }
