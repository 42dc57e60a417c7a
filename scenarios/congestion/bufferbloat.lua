-- An upload fills the queue before a slow uplink. What does that do to everybody else behind it?
local course = require "course"
sim.lesson { "Bufferbloat", zh = "缓冲区膨胀",
             question = { "Why is the network slow when nothing is lost?", zh = "什么都没丢，网络为什么变慢？" },
             shows = { "A buffer too large: one flow fills it, and everybody's ping waits behind; " ..
                       "CoDel keeps it short at almost the same throughput.",
                       zh = "缓冲区太大：一条流把队列灌满，别人的 ping 跟着排队；CoDel 让队列保持短小，吞吐几乎不变。" },
             flip = { queue = "fq_codel" } }
local p = sim.params { queue = "256KiB" }
course.defaults { window_scale = true, rcvbuf = 1048576, sndbuf = 1048576, sack = true }
local client, r, server, near, far = course.hop()
far:set { rate = "2Mbit", forward = { queue = p.queue } }

local quiet = client:ping(server, { count = 5, interval = "100ms" }).rtts
server:spawn(function() server:listen(9000):accept():sink() end)
local upload = assert(client:connect(server, 9000))
client:spawn(function() upload:stream(1e9) end)
local queue = sim.sample("10ms", function() return far:queue().packets end)
sim.sleep(10 - sim.now())
local before = far.counters.forward.delivered_bytes
local loaded = client:ping(server, { count = 40, interval = "500ms" }).rtts
local rate = (far.counters.forward.delivered_bytes - before) * 8 / (sim.now() - 10)

upload:abort()

local function median(rtts)
  local list = {}
  for _, row in ipairs(rtts) do list[#list + 1] = row.rtt end
  table.sort(list)
  return list[(#list + 1) // 2], list[#list]
end
local longest = 0
for _, row in ipairs(queue) do longest = math.max(longest, row.value) end
local idle = median(quiet)
local usual, worst = median(loaded)
print(string.format("queue = %s", p.queue))
print(string.format("  ping: %.0f ms while it is quiet, %.0f ms beside an upload, %.0f ms at worst",
                    idle * 1000, usual * 1000, worst * 1000))
print(string.format("  the queue has been %d packets long; the upload gets %.2f Mbit/s", longest, rate / 1e6))

check.near(idle, 0.041, 0.001, "40 ms there and back, and the time to send")
check(rate > 1.8e6, "the uplink is busy, whatever the queue")
if p.queue == "256KiB" then
  check(usual > 0.5, "a deep queue is full most of the time: each packet waits for all before it")
  check(longest > 150, "as deep as 256 KiB allow")
elseif p.queue == "codel" then
  check(usual < 0.1, "CoDel drops until packets wait 5 ms or so")
  check(far.drops["link.codel"] > 10, "and drops some for it")
elseif p.queue == "fq_codel" then
  check(worst < 0.055, "a ping does not wait for the upload's packets, but for the one being sent")
end
return { idle = idle, usual = usual, worst = worst, rate = rate }
