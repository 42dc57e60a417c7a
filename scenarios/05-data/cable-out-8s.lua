-- The client's cable is pulled during a download, and plugged in again 8 seconds later.
local course = require "course"
sim.lesson { "Unplugged and plugged in again", zh = "网线拔了又插上",
             question = { "Does the download survive a pulled cable?", zh = "下载中拔了网线再插上，下载还能继续吗？" },
             shows = { "The cable is out for 8 s: the connection lives, and the download goes on with " ..
                       "the next retransmission.",
                       zh = "网线拔掉 8 秒再插上：连接没断，下载自动继续，不过要等到下一次退避重传。" },
             flip = { out_for = "2s" } }
local p = sim.params { out_for = "8s", size = "20MB" }
course.defaults()
local client, r, server, near, far = course.hop { link = { rate = "10Mbit" } }
local size, out_for = sim.number(p.size), sim.number(p.out_for)

local peer
course.serve(server, 9000, function(conn)
  peer = conn
  conn:recv()
  conn:stream(size)
  conn:close()
end)

local conn = client:connect(server, 9000, { sport = 40000 })
conn:send("GET")
local download = client:spawn(function()
  local n, err = conn:sink()
  conn:close()
  return n, err
end)

sim.sleep(5 - sim.now())
sim.note { "The cable is out. Nobody is told: both ends are still ESTABLISHED.",
           zh = "网线拔了。没人通知任何一方：两端仍是 ESTABLISHED。" }
near:down()
sim.sleep("100ms")
local stalled = peer:info().snd_una
sim.sleep(out_for - 0.1)
check.equal(conn.state, "ESTABLISHED")
check.equal(peer.state, "ESTABLISHED")
near:up()
sim.note { "Plugged in again. The server does not know: it waits for its timer.",
           zh = "网线插上了。服务器并不知道：它在等自己的重传定时器。" }
sim.wait(function() return peer:info().snd_una ~= stalled end)
local resumed = sim.now()

-- Retransmissions of one segment at 1, 3, 7, 15 ... s after the last new ACK.
local last_ack
for _, packet in ipairs(server:packets { tcp = true, src = client }) do
  if packet.time < 5.2 then last_ack = packet.time end
end
local due = 1
while last_ack + due < 5 + out_for do due = 2 * due + 1 end
check.near(resumed, last_ack + due, 0.1,
           "it goes on at the next retransmission, not when the cable is back")
sim.note { string.format("It goes on %.1f s after it stalled, though the cable was out for %g s.",
                         resumed - last_ack, out_for),
           zh = string.format("停顿了 %.1f 秒才继续，虽然网线只拔了 %g 秒。", resumed - last_ack, out_for) }

check.equal(download:wait(), size, "and every byte arrives")
