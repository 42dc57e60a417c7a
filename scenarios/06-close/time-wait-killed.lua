-- TIME-WAIT is on guard, and an old segment arrives. How can that end the guard?
local course = require "course"
sim.lesson { "TIME-WAIT assassination", zh = "TIME-WAIT 被误杀",
             question = { "Can TIME-WAIT be killed by accident?", zh = "TIME-WAIT 会被误杀吗？" },
             shows = { "A late old segment is answered by an ACK, that by a reset, and the reset ends TIME-WAIT.",
                       zh = "一个迟到的旧报文引来 RST，把 TIME-WAIT 提前结束：TIME-WAIT 暗杀。" },
             flip = { time_wait_rst = "rfc1337" } }
local p = sim.params { time_wait_rst = "rfc9293" }
course.defaults { time_wait_rst = p.time_wait_rst }
local client, r, server, near = course.hop()
local conn, peer = course.connected(client, server)
local old = near:copy({ tcp = true, data = true, src = server }, { count = 1 })
peer:send("hello, this will be late")
check.equal(conn:recv(), "hello, this will be late")
conn:close()
course.close_at_eof(server, peer)
conn:wait("TIME_WAIT")
local until_then = sim.now() + 60
sim.sleep(5 - sim.now())
check.equal({ conn.state, peer.state }, { "TIME_WAIT", "CLOSED" })
sim.note { "An old duplicate arrives. The client may not ignore it: TIME-WAIT answers it with an ACK.",
           zh = "一个旧的重复报文段到了。TIME-WAIT 不能不理，要回一个 ACK。" }
old:replay()
sim.sleep("60ms")

local rcv_nxt = client:packets({ tcp = ".", src = client }, { since = 5 })[1].tcp.ack
local reset = client:packets({ tcp = "R", src = server }, { since = 5 })[1]
check.trace(client, [[
  5.010  server > client  [P.]  seq 1:25 ack 1
  5.010  client > server  [.]   seq 2 ack 26
  5.050  server > client  [R]   seq 26
]], { since = 5 })
check.equal(reset.tcp.seq, rcv_nxt, "the server copies its number from that ACK: it fits exactly, and is believed")
if p.time_wait_rst == "rfc9293" then
  check.equal(conn.state, "CLOSED")
  sim.note { "The server has long forgotten, and resets the ACK. TIME-WAIT is over, 55 s early; nobody meant any harm.",
             zh = "服务器早已忘了这条连接，对 ACK 回了 RST。TIME-WAIT 提前 55 秒结束；谁也没有恶意。" }
  check(client:connect(server, 80, { sport = 40000 }), "the pair is free for a new connection")
  sim.note { "Now \"old-data-new-incarnation\" can happen: RFC 1337, hazards H1 to H3.",
             zh = "这样一来，旧数据就可能混进新连接：见 RFC 1337 的隐患 H1 到 H3。" }
else
  check.equal(conn.state, "TIME_WAIT", "resets are ignored in TIME-WAIT (RFC 1337 §3, Linux: tcp_rfc1337)")
  conn:wait("CLOSED")
  check.near(sim.now(), until_then, 1e-9, "and it lasts its full time")
  sim.note { "TIME-WAIT that ignores resets stays on guard to the end.", zh = "不理会 RST 的 TIME-WAIT 守到了最后。" }
end
