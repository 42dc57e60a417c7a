-- One side changes its mind before the handshake is over.
local course = require "course"
sim.lesson { "The client changes its mind", zh = "半途而废",
             question = { "What if one side gives up mid-handshake?", zh = "握手中途有一方放弃会怎样？" },
             shows = { "Given up half way: the client just closes, sends nothing, and the late SYN-ACK " ..
                       "earns a reset.",
                       zh = "握手中途放弃：客户端直接关闭不发包，迟到的 SYN+ACK 换来一个 RST。" },
             flip = { gives_up = "server" } }
local p = sim.params { gives_up = "client" }       -- also "listener": what sockets can do at the server
course.defaults()
local client, server = course.pair()
local listener = server:listen(80, { early = p.gives_up == "server" })

if p.gives_up == "client" then
  local conn, err = client:connect(server, 80, { sport = 40000, timeout = "5ms" })
  check.equal(err, "TIMEOUT", "closed in SYN-SENT, after 5 ms")
  check.equal(#client:sockets {}, 0)
  check.equal(#client:packets(), 1, "close() sends nothing: nobody else knows of the connection yet")
  sim.sleep("20ms")
  check.equal(listener.half_open, 1)
  sim.settle()
  check.near(sim.now(), 0.030, 1e-9, "the reset frees the server's entry")
  check.equal(listener.half_open, 0)
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [S.]  seq 0 ack 1
    0.020  client > server  [R]   seq 1
  ]])
  sim.note { "The late SYN-ACK meets a closed port: RST.", zh = "迟到的 SYN+ACK 碰上已关闭的端口：回 RST。" }
  return
end

local peer
server:spawn(function()
  if p.gives_up == "server" then
    peer = listener:accept()               -- the RFC's OPEN has the connection from the SYN on
    check.equal(peer.state, "SYN_RECEIVED")
  end
  sim.sleep(0.015 - sim.now())
  if peer then peer:close() else listener:close() end
end)
local conn = client:connect(server, 80, { sport = 40000 })
check.near(sim.now(), 0.020, 1e-9)
if p.gives_up == "server" then
  check.equal(peer.state, "FIN_WAIT_1", "CLOSE in SYN-RECEIVED sends a FIN (RFC 9293 §3.10.4)")
  sim.sleep("5ms")
  check.equal(conn.state, "CLOSE_WAIT", "at 25 ms")
  sim.sleep("10ms")
  check.equal(peer.state, "FIN_WAIT_2", "at 35 ms")
  check.trace({ client, server }, [[
    0.000  client > server  [S]   seq 0
    0.010  server > client  [S.]  seq 0 ack 1
    0.015  server > client  [F.]  seq 1 ack 1
    0.020  client > server  [.]   ack 1
    0.025  client > server  [.]   ack 2
  ]])
  conn:close()
  sim.note { "The rarely drawn arrow: from SYN-RECEIVED to FIN-WAIT-1. Sockets cannot do it: they have no connection to close yet.",
             zh = "少有人画的箭头：SYN-RECEIVED 到 FIN-WAIT-1。套接字做不到：那时还没有连接可关。" }
else
  local data, err = conn:recv()
  check.equal(err, "ECONNRESET", "the listener is closed: the third segment meets a RST")
  check.equal(#server:sockets {}, 0)
end
