-- One of ten segments is lost, the others arrive. Does the sender need its timer to notice?
local course = require "course"
sim.lesson { "Three duplicate ACKs", zh = "三个重复确认",
             question = { "Can a loss be noticed before the timeout?", zh = "不等超时也能发现丢包吗？" },
             shows = { "Three duplicate ACKs, and the segment goes again at once, long before the timer.",
                       zh = "收到三个重复确认就立即重传，不必等到超时。" },
             flip = { congestion = "none" } }
local p = sim.params { congestion = "newreno" }
course.defaults { mss = 1000, congestion = p.congestion }
local client, server, wire = course.pair()
local conn, peer = course.connected(client, server, 9000)
sim.sleep(1 - sim.now())

local got = server:spawn(function() return peer:recv(10000) end)
wire:drop({ tcp = true, data = true }, { skip = 2, count = 1 })
conn:send(string.rep("x", 10000))
check.equal(#got:wait(), 10000)
sim.sleep(0.1)

local again = client:packets({ tcp = true, data = true, src = client, seq = 2001 })
check.equal(#again, 2)
local acks = {}
for _, packet in ipairs(client:packets({ tcp = ".", src = server }, { since = 1 })) do
  acks[#acks + 1] = packet.tcp.ack - conn:info().iss
end
check.equal({ table.unpack(acks, 1, 10) }, { 1001, 2001, 2001, 2001, 2001, 2001, 2001, 2001, 2001, 10001 },
            "seven segments behind the gap: seven times the same number")
if p.congestion ~= "none" then
  sim.note { "The third duplicate ACK says enough: sent again at once, 980 ms before the timer.",
             zh = "第三个重复确认就够了：立即重传，比定时器早 980 毫秒。" }
  check.near(again[2].time, 1.020, 0, "sent again when the third duplicate comes")
  check.equal(#acks, 10)
  local info = conn:info()
  check.equal({ info.ssthresh, info.cwnd }, { 4000, 4000 }, "half of what was in flight; recovery is over")
else
  check(again[2].time >= 2, "nobody counts duplicates: it takes the timer")
end
