-- The server has hung up, and the client writes all the same. When does it find out?
local course = require "course"
sim.lesson { "Broken pipe", zh = "对方已关还写",
             question = { "What if I write after the peer has closed?", zh = "对方已经关闭，我还往里写会怎样？" },
             shows = { "The first write succeeds and draws an RST; only the second fails: EPIPE.",
                       zh = "对方已关还往里写：第一次成功却换来 RST，第二次就是“管道破裂”。" },
             flip = { call = "shutdown" } }
local p = sim.params { call = "close" }
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())
peer[p.call](peer)

sim.sleep("100ms")
check.equal({ conn.state, peer.state }, { "CLOSE_WAIT", "FIN_WAIT_2" })
check.equal(conn:send("first"), 5, "the first write succeeds: it only fills the send buffer")
sim.sleep("100ms")
local sent, err = conn:send("second")
sim.sleep("100ms")
if p.call == "close" then
  check.equal({ sent, err }, { nil, "EPIPE" })
  check.trace({ client, server }, [[
    1.000  server > client  [F.]  seq 1 ack 1
    1.010  client > server  [.]   ack 2
    1.100  client > server  [P.]  seq 1:6 ack 2
    1.110  server > client  [R]   seq 2
  ]], { since = 1 })
  check.equal({ conn.state, conn.error }, { "CLOSED", "EPIPE" }, "a reset in CLOSE-WAIT is a broken pipe to the program")
  sim.note { "A write() that succeeds says nothing about the peer: the data is in the buffer, no more.",
             zh = "write() 成功并不说明对方收到了：数据只是进了发送缓存。" }
  sim.note { "The server is only in FIN-WAIT-2, but after close() nobody can read what comes: RST (RFC 9293 §3.6.1, SHLD-3).",
             zh = "服务器虽只在 FIN-WAIT-2，但 close() 之后再来的数据没人读了：回 RST（RFC 9293 §3.6.1，SHLD-3）。" }
else
  check.equal(sent, 6)
  check.equal(peer:recv(11), "firstsecond", "after shutdown() the server still reads")
  check.equal(#client:packets { tcp = "R" }, 0)
  sim.note { "The same FIN, but the server has only said that it has finished. It goes on reading.",
             zh = "同样的 FIN，但服务器只是说“我说完了”，还会继续读。" }
end
