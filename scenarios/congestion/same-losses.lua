-- Three of twenty segments are lost. How long until all is repaired, if the sender hears of one hole at a
-- time, and if it hears of all?
local course = require "course"
sim.lesson { "NewReno and SACK under the same losses", zh = "同样的丢包：NewReno 与 SACK",
             question = { "What is it worth to know exactly what is missing?", zh = "确切知道缺了什么，有什么好处？" },
             shows = { "The same losses: NewReno repairs one a round trip, SACK all in one; where " ..
                       "neither can, the timer must.",
                       zh = "同样丢几段：NewReno 每个往返补一段，SACK 一个往返全补上，都不行时才等超时。" },
             flip = { sack = "false" } }
local p = sim.params { sack = true }
course.defaults { mss = 1000, initial_cwnd = 20, sack = p.sack }
local client, server, wire = course.pair()
local conn, peer = course.connected(client, server, 9000)
sim.sleep(1 - sim.now())

for _, nth in ipairs { 3, 7, 11 } do
  wire:drop({ tcp = true, data = true, seq = (nth - 1) * 1000 + 1 }, { count = 1 })
end
local got = server:spawn(function() return peer:recv(20000) end)
conn:send(string.rep("x", 20000))
check.equal(#got:wait(), 20000, "all of it arrives")
local done = sim.now()

-- What was sent again, and when, in round trips of 20 ms since the first segment.
local again = {}
for _, packet in ipairs(client:packets({ tcp = true, data = true }, { since = 1.001 })) do
  local seq = packet.tcp.seq - conn:info().iss
  again[#again + 1] = { (seq - 1) // 1000 + 1, math.tointeger((packet.time - 1) / 0.02 // 1) }
end
if p.sack then
  check.equal(again, { { 3, 1 }, { 7, 1 }, { 11, 1 } }, "all three in the round trip in which the loss is noticed")
  check.near(done, 1.03, 1e-9, "so all is there one way after that")
  local blocks = 0
  for _, packet in ipairs(client:packets({ tcp = ".", src = server }, { since = 1 })) do
    blocks = math.max(blocks, #(packet.tcp.sack or {}))
  end
  check.equal(blocks, 3, "an ACK names up to three pieces that have arrived behind the holes")
  sim.note { "The SACK blocks name the holes: all three are filled at once.", zh = "SACK 块指出了空洞：三个一次补齐。" }
else
  check.equal(again, { { 3, 1 }, { 7, 2 }, { 11, 3 } }, "each partial ACK tells of one more: a round trip a hole")
  check.near(done, 1.07, 1e-9)
  sim.note { "Each partial ACK shows the next hole only: one round trip for each.",
             zh = "每个部分确认只露出下一个空洞：一个空洞一个往返。" }
end
check.equal(client.counters.TcpRetransSegs, 3, "and nothing is sent again that had arrived")
check.equal(client.counters.TcpExtTCPTimeouts, 0, "no timer is needed")
return done
