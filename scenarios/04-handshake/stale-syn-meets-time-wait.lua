-- An old SYN arrives while the client still stands guard in TIME-WAIT. Who is hurt?
local course = require "course"
sim.lesson { "Old SYN while the client still waits", zh = "旧 SYN 遇上 TIME-WAIT",
             question = { "What if the client is still in TIME-WAIT?", zh = "客户端还在 TIME-WAIT 会怎样？" },
             shows = { "The old SYN comes while the client is in TIME-WAIT, and in one exchange " ..
                       "TIME-WAIT is killed by a reset.",
                       zh = "旧 SYN 到达时客户端还在 TIME-WAIT：一来一往之间，TIME-WAIT 竟被 RST 误杀。" },
             flip = { time_wait_rst = "rfc1337" } }
local p = sim.params { time_wait_rst = "rfc9293" }
course.defaults { time_wait_rst = p.time_wait_rst }
local client, r, server, near, far = course.hop {
  client = { tcp = { isn = 1000 } }, server = { tcp = { isn = { 5000, 9000 } } } }

local accepted = 0
local listener = course.serve(server, 80, function(conn, n)
  accepted = n
  conn:recv()
  conn:send(string.rep("a", 200))
  conn:recv()
  sim.sleep("100ms")
  conn:close()
end)
local old_syn = far:hold({ tcp = "S" }, { count = 1 })
local conn = client:connect(server, 80, { sport = 40000 })
conn:send(string.rep("q", 100))
conn:recv(200)
sim.sleep(2 - sim.now())
conn:close()
conn:wait("TIME_WAIT")
check.near(sim.now(), 2.140, 0, "TIME-WAIT until 62.140, if nothing happens")
sim.sleep(30.01 - sim.now())
sim.note { "30 s later the old SYN arrives; the client is still in TIME-WAIT.",
           zh = "30 秒后旧 SYN 到达，客户端还在 TIME-WAIT。" }
old_syn:release()
sim.sleep("90ms")

-- The client answers the server's new SYN-ACK with an ACK of the old connection, and the server
-- resets what it cannot place.
local ack = client:packets({ tcp = ".", src = client }, { since = 30 })[1]
check.equal({ ack.time, ack.tcp.seq, ack.tcp.ack }, { 30.040, 1102, 5202 }, "old numbers")
check.trace({ client, server }, [[
  30.020  server > client  [S.]  seq 0 ack 1
  30.040  client > server  [.]   seq 102 ack 202
  30.060  server > client  [R]   seq 202
]], { since = 30.015 })
local reset = client:packets({ tcp = "R", src = server }, { since = 30 })[1]
check.equal({ reset.time, reset.tcp.seq }, { 30.080, 5202 }, "seq = that ack: exact, so it is believed")
if p.time_wait_rst == "rfc9293" then
  check.equal(conn.state, "CLOSED", "TIME-WAIT is killed, 32 s early")
  sim.note { "TIME-WAIT assassination: the reset ends the guard (RFC 1337).",
             zh = "TIME-WAIT 暗杀：一个 RST 让守候提前结束（RFC 1337）。" }
  sim.wait(function() return listener.half_open == 0 end)
  check.near(sim.now(), 31.060, 1e-9, "the server's next SYN-ACK meets a closed port, and that reset ends its entry")
else
  check.equal(conn.state, "TIME_WAIT", "resets are ignored here (RFC 1337 §3)")
  conn:wait("CLOSED")
  check.near(sim.now(), 62.140, 1e-9, "2MSL is not started anew: only a FIN does that")
  sim.wait(function() return listener.half_open == 0 end)
  check.near(sim.now(), 93.020, 1e-9, "after six SYN-ACKs the server gives up")
  check.equal(#client:packets({ tcp = "S." }, { since = 30 }), 6)
end
check.equal(accepted, 1, "the server's program never hears of it")
