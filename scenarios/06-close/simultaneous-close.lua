-- Both programs close in the same instant. Whose FIN is the first, and who has to wait?
local course = require "course"
sim.lesson { "Both hang up at once", zh = "同时关闭与 CLOSING",
             question = { "What if both close at once?", zh = "双方同时关闭会怎样？" },
             shows = { "Both FINs cross: both ends pass through CLOSING, and both wait 2MSL.",
                       zh = "双方同时发 FIN：各自经过 CLOSING，两边都要等 2MSL。" },
             flip = { later = "15ms" } }
local p = sim.params { later = "0ms" }           -- how much later the server's program closes
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

conn:close()
server:spawn(function()
  sim.sleep(p.later)
  peer:close()
end)
sim.sleep("5ms")
if sim.number(p.later) < 0.01 then               -- before the client's FIN is there
  check.equal({ conn.state, peer.state }, { "FIN_WAIT_1", "FIN_WAIT_1" })
  sim.sleep("10ms")
  check.equal({ conn.state, peer.state }, { "CLOSING", "CLOSING" }, "a FIN has come, but no ACK of one's own")
  sim.sleep("10ms")
  check.equal({ conn.state, peer.state }, { "TIME_WAIT", "TIME_WAIT" })
  sim.note { "Nobody was second: both wait 2MSL.", zh = "没有谁后关闭：两边都要等 2MSL。" }
  conn:wait("CLOSED")
  check.near(sim.now(), 61.020, 0, "60 s after they entered TIME-WAIT")
  peer:wait("CLOSED")
  check.near(sim.now(), 61.020, 0, "and both in the same instant")
  check.trace({ client, server }, [[
    1.000  client > server  [F.]  seq 1 ack 1
    1.000  server > client  [F.]  seq 1 ack 1
    1.010  server > client  [.]   seq 2 ack 2
    1.010  client > server  [.]   seq 2 ack 2
  ]], { since = 1 })
else
  check.equal({ conn.state, peer.state }, { "FIN_WAIT_1", "ESTABLISHED" })
  sim.sleep("30ms")
  check.equal({ conn.state, peer.state }, { "TIME_WAIT", "CLOSED" })
  check.trace({ client, server }, [[
    1.000  client > server  [F.]  seq 1 ack 1
    1.010  server > client  [.]   seq 1 ack 2
    1.015  server > client  [F.]  seq 1 ack 2
    1.025  client > server  [.]   seq 2 ack 2
  ]], { since = 1 })
  sim.note { "Half a round trip makes the difference: the server had heard the FIN before it closed, and is second.",
             zh = "差别只在半个往返：服务器关闭之前已经听到 FIN，就成了后关的一方。" }
end
