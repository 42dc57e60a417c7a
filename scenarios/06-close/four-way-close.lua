-- Four segments close a connection. Which ones, and who is finished first?
local course = require "course"
sim.lesson { "The four-way close", zh = "四次挥手全过程",
             question = { "Which four segments, numbers and states?",
                          zh = "是哪四个报文段？序号和状态各是什么？" } }
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

-- From here on times are told from the close, at one second.
server:spawn(function()
  local data, err = peer:recv()
  check.equal(err, "EOF", "the server's program learns that the client has finished")
  check.near(sim.now(), 1.010, 0)
  sim.sleep("100ms")
  peer:close()
end)
conn:close()
check.near(sim.now(), 1.000, 0, "close() waits for nothing")

sim.sleep("15ms")
check.equal(conn.state, "FIN_WAIT_1")
check.equal(peer.state, "CLOSE_WAIT")
sim.sleep("10ms")
check.equal(conn.state, "FIN_WAIT_2", "its FIN is acknowledged; the other direction is still open")
sim.note { "The kernel acknowledges at once; the FIN comes when the server's program closes.",
           zh = "确认由内核立即发出；FIN 要等服务器程序关闭才发。" }
conn:wait("TIME_WAIT")
check.near(sim.now(), 1.120, 0)
check.equal(peer.state, "LAST_ACK")
peer:wait("CLOSED")
check.near(sim.now(), 1.130, 0)
conn:wait("CLOSED")
check.near(sim.now(), 61.120, 0, "2 x 30 s after it entered TIME-WAIT")
sim.note { "The server was finished 59.99 s before the client: whoever closes first waits.",
           zh = "服务器比客户端早 59.99 秒结束：先关闭的一方要等。" }

check.trace({ client, server }, [[
  1.000  client > server  [F.]  seq 1 ack 1
  1.010  server > client  [.]   ack 2
  1.110  server > client  [F.]  seq 1 ack 2
  1.120  client > server  [.]   ack 2
]], { since = 1 })
