-- A SYN is delayed in the network until after its connection has come and gone. Why does TCP need
-- three handshakes, and not two?
local course = require "course"
sim.lesson { "A SYN that comes back from the dead", zh = "失效的连接请求又到了",
             question = { "Why three handshakes, not two?", zh = "为什么是三次握手，不是两次？" },
             shows = { "An old SYN comes 30 s late: the server answers, the client resets, and the " ..
                       "half-open connection lived for 40 ms.",
                       zh = "滞留 30 秒的旧 SYN 到达：服务器回 SYN+ACK，客户端回 RST，半连接只活了 40 毫秒。" },
             flip = { handshake = "two-way" } }
local p = sim.params { handshake = "three-way", held_for = "30.01s", closed_port = "rst" }

course.defaults { msl = "5s" }       -- the client has left TIME-WAIT when the old SYN comes
local client, r, server, near, far = course.hop {
  client = { tcp = { isn = 1000, closed_port = p.closed_port } },
  server = { tcp = { isn = { 5000, 9000 }, handshake = p.handshake } },
}

local accepted, delivered = 0, 0
course.serve(server, 80, function(conn, n)
  accepted = n
  local request, err = conn:recv()
  if not request then                 -- a connection that nobody asked for
    sim.note { "The server's program waited on a ghost; the client's RST tells it: " .. err .. ".",
               zh = "服务器程序白等了一条幽灵连接，客户端的 RST 告诉它：" .. err .. "。" }
    return
  end
  delivered = delivered + #request
  conn:send(string.rep("a", 200))
  conn:recv()                         -- EOF
  sim.sleep("100ms")
  conn:close()
end)

local old_syn = far:hold({ tcp = "S" }, { count = 1 })  -- the router keeps the first SYN back
local conn = client:connect(server, 80, { sport = 40000 })
sim.note { "The second SYN got through: the connection is made, used and closed.",
           zh = "重传的 SYN 到达：连接建立、使用、关闭。" }
check.near(sim.now(), 1.040, 0, "the retransmitted SYN opens the connection, one second late")
conn:send(string.rep("q", 100))
check.equal(#conn:recv(), 200)
sim.sleep(2.0 - sim.now())
conn:close()
sim.wait(function() return conn.state == "TIME_WAIT" end)
check.near(sim.now(), 2.140, 0, "the client enters TIME-WAIT")
sim.sleep(sim.number(p.held_for) - sim.now())
check.equal(conn.state, "CLOSED", "2MSL is long over")

sim.note { "30 s later the old SYN arrives. Its connection is long gone.",
           zh = "30 秒后旧 SYN 到达，它的连接早已结束。" }
old_syn:release()
sim.settle()

check.equal(delivered, 100, "no byte but the request's was delivered")
check.trace({ client, server }, [[
  0.000  client > server  [S]   seq 0
  1.000  client > server  [S]   seq 0
  1.020  server > client  [S.]  seq 0 ack 1
  1.040  client > server  [.]   ack 1
  1.040  client > server  [P.]  seq 1:101 ack 1
  1.060  server > client  [.]   ack 101
  1.060  server > client  [P.]  seq 1:201 ack 101
  1.080  client > server  [.]   ack 201
  2.000  client > server  [F.]  seq 101 ack 201
  2.020  server > client  [.]   ack 102
  2.120  server > client  [F.]  seq 201 ack 102
  2.140  client > server  [.]   ack 202
  ...
]])
local since = { since = p.held_for, filter = { tcp = true } }
if p.closed_port == "silent" then
  check.equal(#server:packets({ tcp = "S.", src = server }, { since = 30 }), p.handshake == "three-way" and 6 or 1)
  check.near(sim.now(), p.handshake == "three-way" and 93.020 or 30.040, 0,
             "nobody answers: the half-open entry goes 63 s after the old SYN has come")
elseif p.handshake == "three-way" then
  check.trace(client, [[
    30.040  server > client  [S.]  seq 0 ack 1
    30.040  client > server  [R]   seq 1  win 0
  ]], since)
  local answer, reset = server:packets({ tcp = "S." })[2], server:packets({ tcp = "R" })[1]
  check.equal({ answer.tcp.seq, answer.tcp.ack, reset.tcp.seq }, { 9000, 1001, 1001 }, "numbers as on the wire")
  check.near(reset.time - answer.time, 0.040, 1e-9, "half-open for one round trip")
  check.equal(accepted, 1, "the client's RST ends it before the server's program hears of it")
  check.equal(#server:sockets { state = "SYN_RECEIVED" }, 0, "the half-open entry is gone")
else
  check.equal(accepted, 2, "the server's program serves a connection that nobody asked for")
  check.equal(#server:packets { tcp = "R" }, 1, "only the client's RST frees it again")
end
sim.note { "The client does not ignore the unexpected SYN-ACK, as many books say: it answers RST (RFC 9293 §3.5.2).",
           zh = "很多书说客户端“不理睬”这个 SYN+ACK；其实它回 RST（RFC 9293 §3.5.2）。" }
sim.note { "Only a SYN that is late can do this, not a lost one. The router here breaks the MSL on purpose.",
           zh = "只有“迟到”的 SYN 才会这样，“丢失”的不会。这里的路由器故意违反了 MSL。" }
return accepted
