-- Why is one MSL not enough? A network in which every segment lives nearly as long as it may.
local course = require "course"
sim.lesson { "Why two, not one", zh = "为什么是两倍",
             question = { "Why two MSL and not one?", zh = "为什么是两个 MSL，不是一个？" },
             shows = { "One MSL for the ACK on its way, one for the FIN that comes again because it was lost.",
                       zh = "一个 MSL 给去程的 ACK，一个 MSL 给回程重发的 FIN，合起来才够。" },
             flip = { times = 1 } }
local p = sim.params { times = 2 }
-- A segment takes 29 s, just under the network's MSL of 30; the timeout must exceed the round trip of 58.
course.defaults { initial_rto = "59s", min_rto = "59s", max_rto = "59s" }
local client, r, server, near, far = course.hop {
  client = { tcp = { msl = 15 * p.times } }, link = { delay = "14.5s" } }

local conn, peer = course.connected(client, server)
sim.sleep(100 - sim.now())
course.close_at_eof(server, peer)
far:drop({ tcp = ".", src = client, ack = 2 }, { count = 1 })    -- on its last metres
conn:close()
conn:wait("TIME_WAIT")
local T = sim.now()                              -- the last ACK leaves
check.near(T, 158, 0)
sim.note { "T = 158 s: TIME-WAIT begins, the last ACK leaves. It is lost just before the server.",
           zh = "T = 158 秒：TIME-WAIT 开始，最后的 ACK 出发，快到服务器时丢了。" }
local fin
if p.times == 2 then
  sim.sleep(T + 59.5 - sim.now())
  sim.note { "T + 59 s: the FIN that comes again has been under way for nearly an MSL, too. TIME-WAIT lasts until T + 60: just in time.",
             zh = "T + 59 秒：重发的 FIN 也走了将近一个 MSL。TIME-WAIT 要到 T + 60 才结束：刚好赶上。" }
  peer:wait("CLOSED")
  check.near(sim.now(), T + 88, 0, "the second ACK arrives")
  conn:wait("CLOSED")
  check.near(sim.now(), T + 59 + 60, 0, "2MSL from the last FIN on")
  check.equal(#client:packets { tcp = "R" }, 0)
  fin = client:packets { tcp = "F.", src = server }[2]
else
  conn:wait("CLOSED")
  check.near(sim.now(), T + 30, 0, "one MSL, and the client has forgotten")
  peer:wait("CLOSED")
  check.near(sim.now(), T + 88, 0, "ended by a reset")
  check.equal(#client:packets { tcp = "R", src = client }, 1)
  fin = client:packets { tcp = "F.", src = server }[2]
  sim.note { "The ACK may need one MSL to be lost, and the FIN that repeats it another one. Half the time meets nobody.",
             zh = "ACK 可能走一个 MSL 才丢，重发的 FIN 又要一个 MSL 才到。只等一半，FIN 就找不到人。" }
end
check.near(fin.time, T + 59, 0, "the repeated FIN arrives")
local sent = server:packets { tcp = "F.", src = server }
check.equal({ sent[1].time - T, sent[2].time - T }, { -29.0, 30.0 }, "it was sent at T - 29 and T + 30")
