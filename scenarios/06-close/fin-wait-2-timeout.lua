-- The peer acknowledges our FIN and never sends its own. How long do we wait?
local course = require "course"
sim.lesson { "Waiting for a FIN that never comes", zh = "FIN-WAIT-2 超时",
             question = { "How long does FIN-WAIT-2 last?", zh = "FIN-WAIT-2 能持续多久？" },
             shows = { "60 s if no program owns the connection any more, without end if one still listens.",
                       zh = "对方一直不发 FIN：已放手的连接 60 秒后被回收，半关闭的则一直等。" },
             flip = { call = "shutdown" } }
local p = sim.params { call = "close" }
course.defaults()
local client, server = course.pair()
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())
conn[p.call](conn)
conn:wait("FIN_WAIT_2")
check.near(sim.now(), 1.020, 0)
sim.note { "The server's program has read the end, and does not close.", zh = "服务器的程序读到了结尾，却不关闭。" }

if p.call == "close" then
  conn:wait("CLOSED")
  check.near(sim.now(), 61.020, 0, "60 s after the ACK of its FIN: fin_timeout, as in Linux")
  check.equal(peer.state, "CLOSE_WAIT", "the server is told nothing")
  sim.note { "An orphan: no program can read from it any more, so the kernel gives up after 60 s. The RFC has no such timer.",
             zh = "这是孤儿连接：没有程序能再读它，内核 60 秒后收回。RFC 里没有这个计时器。" }
end
sim.sleep(100 - sim.now())
peer:send("ten bytes.")
sim.sleep("50ms")
if p.call == "close" then
  check.trace(server, [[
    100.000  server > client  [P.]  seq 1:11 ack 2
    100.020  client > server  [R]   seq 2
  ]], { since = 99 })
  check.equal({ peer.state, peer.error }, { "CLOSED", "EPIPE" })
else
  check.equal(conn:recv(), "ten bytes.", "the client still listens")
  sim.sleep(3590 - sim.now())
  check.equal({ conn.state, peer.state }, { "FIN_WAIT_2", "CLOSE_WAIT" }, "an hour later nothing has changed")
  sim.note { "A program still owns it, so it waits as long as the program likes.",
             zh = "还有程序守着它，程序愿意等多久就等多久。" }
end
