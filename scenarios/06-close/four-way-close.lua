-- Four segments close a connection. Which ones, and who is finished first?
local course = require "course"
sim.lesson { "The four-way close", zh = "四次挥手全过程",
             question = { "Which four segments, numbers and states?",
                          zh = "是哪四个报文段？序号和状态各是什么？" },
             shows = { "FIN, ACK, FIN, ACK: each direction is closed by itself, and who closed first waits 2MSL.",
                       zh = "FIN、ACK、FIN、ACK：每个方向各关一次，先关的一方最后要在 TIME-WAIT 等 2MSL。" },
             flip = { close = "two-way" } }
local p = sim.params { close = "four-way" }
course.defaults()
local client, server = course.pair { client = { tcp = { close = p.close } } }
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
sim.note { "The server's kernel acknowledges at once; its FIN comes when its program closes.",
           zh = "确认由服务器的内核立即发出；它的 FIN 要等程序关闭才发。" }
if p.close == "two-way" then
  check.equal(conn.state, "CLOSED", "one FIN, one ACK, and the client forgets")
  peer:wait("CLOSED")
  check.trace({ client, server }, [[
    1.000  client > server  [F.]  seq 1 ack 1
    1.010  server > client  [.]   ack 2
    1.110  server > client  [F.]  seq 1 ack 2
    1.120  client > server  [R]   seq 2
  ]], { since = 1 })
  check.near(sim.now(), 1.130, 0)
  sim.note { "Two are not enough: the server's own FIN finds nobody, and it ends by a reset.",
             zh = "两次不够：服务器自己的 FIN 找不到人，只换来一个 RST。" }
  return
end
check.equal(conn.state, "FIN_WAIT_2", "its FIN is acknowledged; the other direction is still open")
conn:wait("TIME_WAIT")
check.near(sim.now(), 1.120, 0)
check.equal(peer.state, "LAST_ACK", "the passive side: here the server, never who closed first")
peer:wait("CLOSED")
check.near(sim.now(), 1.130, 0)
conn:wait("CLOSED")
check.near(sim.now(), 61.120, 0, "2 x 30 s after it entered TIME-WAIT")
sim.note { "The server was finished 59.99 s before the client: whoever closes first waits.",
           zh = "服务器比客户端早 59.99 秒结束：先关闭的一方要等。" }
sim.note { "A FIN always carries an ACK too, and counts as one byte. With the FINs numbered X and Y, the second and the third say ack X+1, the fourth seq X+1 and ack Y+1.",
           zh = "FIN 总是带着 ACK，并占一个序号。设两个 FIN 的序号为 X 和 Y：第二、三次的确认号是 X+1，第四次的序号是 X+1、确认号是 Y+1。" }

check.trace({ client, server }, [[
  1.000  client > server  [F.]  seq 1 ack 1
  1.010  server > client  [.]   seq 1 ack 2
  1.110  server > client  [F.]  seq 1 ack 2
  1.120  client > server  [.]   seq 2 ack 2
]], { since = 1 })
