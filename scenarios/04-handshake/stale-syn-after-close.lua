-- A SYN is delayed in the network until after its connection has come and gone. Why does TCP need
-- three handshakes, and not two?
local course = require "course"
sim.lesson { "A SYN that comes back from the dead", zh = "失效的连接请求又到了",
             question = { "Why three handshakes, not two?", zh = "为什么是三次握手，不是两次？" },
             flip = { handshake = "two-way" } }
local p = sim.params { handshake = "three-way", held_for = "30.01s" }

course.defaults { msl = "5s" }       -- the client has left TIME-WAIT when the old SYN comes
local client, r, server, near, far = course.hop {
  client = { tcp = { isn = 1000 } },
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
local since = { since = p.held_for, filter = { tcp = true } }
if p.handshake == "three-way" then
  check.trace(client, [[
    30.040  server > client  [S.]  seq 0 ack 1
    30.040  client > server  [R]   seq 1  win 0
  ]], since)
  check.equal(accepted, 1, "the client's RST ends it before the server's program hears of it")
  check.equal(#server:sockets { state = "SYN_RECEIVED" }, 0, "the half-open entry is gone")
else
  check.equal(accepted, 2, "the server's program serves a connection that nobody asked for")
  check.equal(#server:packets { tcp = "R" }, 1, "only the client's RST frees it again")
end
