-- The last ACK of the close is lost. What is TIME-WAIT for?
local course = require "course"
sim.lesson { "Reason one: the last ACK is lost", zh = "理由一：最后的 ACK 丢了",
             question = { "Why does the closer wait 2MSL?", zh = "先关闭的一方为什么要等 2MSL？" },
             shows = { "The server sends its FIN again; TIME-WAIT acknowledges it once more and starts anew.",
                       zh = "理由一：最后的 ACK 丢了，服务器重发 FIN，TIME-WAIT 中的客户端再确认并重新计时。" },
             flip = { time_wait = false } }
local p = sim.params { lost = 1, time_wait = true }

-- A close whose last ACK is lost so many times; from `deaf` to `heals` nothing of the server's arrives.
local function close(q)
  course.defaults()
  local client, server, wire = course.pair { client = { tcp = { time_wait = q.time_wait } } }
  local conn, peer = course.connected(client, server)
  sim.sleep(1 - sim.now())
  course.close_at_eof(server, peer, "100ms")
  wire:drop({ tcp = ".", ack = 2, src = client }, { count = q.lost })
  if q.deaf then wire:drop({ tcp = true, src = server }, { after = q.deaf, before = q.heals }) end
  conn:close()
  conn:wait(q.time_wait and "TIME_WAIT" or "CLOSED")
  check.near(sim.now(), 1.120, 0)
  sim.sleep("10ms")
  sim.note { "The ACK of the server's FIN is lost. The server cannot know whether its FIN arrived.",
             zh = "对服务器 FIN 的确认丢了。服务器无从知道它的 FIN 到了没有。" }
  peer:wait("CLOSED")
  return client, server, conn, peer
end
local function times(packets)
  local all = {}
  for i, packet in ipairs(packets) do all[i] = packet.time end
  return all
end

local client, server, conn = close { lost = p.lost, time_wait = p.time_wait }
local repeated = (2 ^ p.lost - 1) // 1       -- the FIN comes again after 1, 2, 4 ... s
check.near(sim.now(), 1.130 + repeated, 0)
if not p.time_wait then
  check.equal(#server:packets { tcp = "R", src = client }, 1,
              "without TIME-WAIT the repeated FIN meets a reset")
  return
end
sim.note { "TIME-WAIT has had this FIN, and takes nothing of it; but it acknowledges it once more, and starts its 2MSL anew.",
           zh = "这个 FIN 早就收到过，所以“被拒”；但 TIME-WAIT 会再确认一次，并重新计时 2MSL。" }
conn:wait("CLOSED")
check.near(sim.now(), 61.120 + repeated, 0, "2MSL counts from the last FIN")
check.equal(#server:packets { tcp = "R" }, 0, "no reset anywhere")

sim.play(function()                          -- lost three times
  local _, s = close { lost = 3, time_wait = true }
  check.equal(times(s:packets { tcp = "F.", src = s }), { 1.110, 2.110, 4.110, 8.110 })
  check.near(sim.now(), 8.130, 0)
end)
sim.note { "TIME-WAIT does not guarantee that the ACK arrives. It lets it be repeated.",
           zh = "TIME-WAIT 并不保证 ACK 一定送到，只是让它可以再发一次。" }

sim.play(function()                          -- and nothing of the server's arrives for a minute
  local c, s = close { lost = 1, time_wait = true, deaf = 1.115, heals = 63 }
  check.equal(times(s:packets { tcp = "F.", src = s }), { 1.110, 2.110, 4.110, 8.110, 16.110, 32.110, 64.110 })
  check.equal(times(s:packets { tcp = "R", src = c }), { 64.130 }, "the first FIN that gets through meets nobody")
  check.near(sim.now(), 64.130, 0)
end)
sim.note { "\"No FIN for 2MSL proves that the server has closed\" is wrong: had the line been cut for a minute, the server would still repeat its FIN at 64.110 s.",
           zh = "“2MSL 内没再收到 FIN，就证明服务器已关闭”不对：假如线路断一分钟，服务器到 64.110 秒还在重传 FIN。" }
