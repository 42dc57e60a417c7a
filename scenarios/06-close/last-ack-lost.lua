-- The last ACK of the close is lost. What is TIME-WAIT for?
local course = require "course"
sim.lesson { "Reason one: the last ACK is lost", zh = "理由一：最后的 ACK 丢了",
             question = { "Why does the closer wait 2MSL?", zh = "先关闭的一方为什么要等 2MSL？" },
             flip = { time_wait = false } }
local p = sim.params { lost = 1, time_wait = true }
course.defaults()
local client, server, wire = course.pair { client = { tcp = { time_wait = p.time_wait } } }
local conn, peer = course.connected(client, server)
sim.sleep(1 - sim.now())

server:spawn(function()
  peer:recv()
  sim.sleep("100ms")
  peer:close()
end)
wire:drop({ tcp = ".", ack = 2, src = client }, { count = p.lost, from = client })
conn:close()
conn:wait(p.time_wait and "TIME_WAIT" or "CLOSED")
check.near(sim.now(), 1.120, 0)
sim.note { "The ACK of the server's FIN is lost. The server cannot know whether its FIN arrived.",
           zh = "对服务器 FIN 的确认丢了。服务器无从知道它的 FIN 到了没有。" }

peer:wait("CLOSED")
-- The FIN is repeated after 1, 2, 4 ... seconds until it is answered.
local repeated = (2 ^ p.lost - 1) // 1
if p.time_wait then
  check.near(sim.now(), 1.130 + repeated, 0, "the repeated FIN is answered: an orderly end")
  sim.note { "TIME-WAIT answers the repeated FIN, and starts its 2MSL anew.",
             zh = "TIME-WAIT 再次确认重传的 FIN，并重新计时 2MSL。" }
  conn:wait("CLOSED")
  check.near(sim.now(), 61.120 + repeated, 0, "2MSL counts from the last FIN")
  check.equal(#server:packets { tcp = "R" }, 0, "no reset anywhere")
  check.equal(#client:packets { tcp = "F.", src = server }, 1 + p.lost, "the FIN came once more for each lost ACK")
else
  check.near(sim.now(), 2.130, 0)
  check.equal(#server:packets { tcp = "R", src = client }, 1,
              "without TIME-WAIT the repeated FIN meets a reset")
end
