-- How fast may a sender go on a path that it does not know? The figure of every textbook: slow start,
-- congestion avoidance, a timeout, and a fast recovery.
local course = require "course"
sim.lesson { "The textbook curve", zh = "慢开始与拥塞避免",
             question = { "How fast may a sender go on a path it does not know?",
                          zh = "不了解路径时，发送方能发多快？" },
             shows = { "Slow start doubles, congestion avoidance adds; a timeout begins again from " ..
                       "one, three duplicate ACKs halve.",
                       zh = "慢开始指数增长，过门限转为拥塞避免；超时从 1 重来，三个重复确认只减半。" },
             flip = { congestion = "none" } }
local p = sim.params { congestion = "newreno" }
course.defaults { mss = 1000, initial_cwnd = 1, initial_ssthresh = 16, congestion = p.congestion }
local client, server, wire = course.pair { link = { delay = "50ms" } }
local conn, peer = course.connected(client, server, 9000)
server:spawn(function() peer:sink() end)

-- A round trip is 100 ms and the cable has no rate, so that all of a round's segments leave together: round 1
-- at 1.0 s, round 2 at 1.1 s, and so on.
local function instant(round) return 1 + (round - 1) * 0.1 end
local function of_round(round) return { after = instant(round) - 0.05, before = instant(round) + 0.05 } end
wire:drop({ tcp = true, data = true }, of_round(13))
local late = of_round(31)
late.count = 1
wire:drop({ tcp = true, data = true }, late)

sim.sleep(1 - sim.now())
client:spawn(function() conn:stream(1e6) end)
sim.sleep("50ms")
local rows = sim.sample("100ms", function()
  local info = conn:info()
  return { cwnd = info.cwnd / 1000, ssthresh = info.ssthresh / 1000 }
end)
sim.sleep("4s")

local function column(name, from, to)
  local list = {}
  for round = from, to do list[#list + 1] = rows[round][name] end
  return list
end
local function sent(from, to)
  local list = {}
  for round = from, to do
    list[#list + 1] = 0
    for _, packet in ipairs(client:packets({ tcp = true, data = true }, { since = instant(round) - 0.05 })) do
      if packet.time < instant(round) + 0.05 then list[#list] = list[#list] + 1 end
    end
  end
  return list
end

if p.congestion == "none" then
  check.equal(sent(1, 1), { 65 }, "all that the receiver's window allows, in the first round")
  return
end

sim.note { "Slow start: each ACK lets two segments go, so each round has twice as many.",
           zh = "慢开始：每个确认放出两个报文段，所以每一轮翻一倍。" }
check.equal(sent(1, 5), { 1, 2, 4, 8, 16 }, "slow start doubles")
check.equal(sent(6, 13), { 17, 18, 19, 20, 21, 22, 23, 24 }, "from ssthresh on one segment more a round")
check.equal(column("cwnd", 1, 13), sent(1, 13), "the window is what is sent")

sim.note { "A whole round is lost. Silence, until the timer expires: ssthresh is half of what was in flight, cwnd one.",
           zh = "整整一轮都丢了，一直沉默到定时器超时：ssthresh 减为在途数据的一半，cwnd 回到 1。" }
check.equal(sent(14, 22), { 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "no ACK, so nothing may be sent")
check.equal(rows[23], { time = 3.25, cwnd = 1, ssthresh = 12 }, "a timeout, 1 s after the last ACK")
check.equal(sent(23, 31), { 1, 2, 4, 8, 12, 13, 14, 15, 16 }, "slow start again, up to half of 24 only")

sim.note { "One segment of 16 is lost, the others tell of it: fast recovery, and cwnd is halved only.",
           zh = "16 个报文段只丢一个，其余的重复确认报告了它：快恢复，cwnd 只减半。" }
check.equal(rows[32].ssthresh, 8, "half of 16")
check.equal(column("cwnd", 33, 37), { 8, 9, 10, 11, 12 }, "and on from there, one segment a round")
check.equal(client.counters.TcpExtTCPTimeouts, 1, "one timeout in all")
