-- Nobody listens on this port. What does the caller get, and what does the host remember?
local course = require "course"
sim.lesson { "Nobody listens there", zh = "端口没开",
             question = { "What happens when the port is closed?", zh = "端口没有程序监听会怎样？" } }
course.defaults()
local client, server = course.pair()

local conn, err = client:connect(server, 80, { sport = 40000 })
check.equal(conn, nil)
check.equal(err, "ECONNREFUSED")
check.near(sim.now(), 0.020, 0, "refused after one round trip")
sim.note { "RST: no such connection here. It refuses this attempt, and says nothing about the next.",
           zh = "RST 表示这里没有这个连接：它拒绝的是这一次，与下一次无关。" }

check.trace({ client, server }, [[
  0.000  client > server  [S]   seq 0        win 65535
  0.010  server > client  [R.]  seq 0 ack 1  win 0
]])
check.equal(#server:sockets(), 0, "the server has no state before, during or after")
check.equal(server.counters.TcpOutRsts, 1)
