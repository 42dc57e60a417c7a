-- A segment is lost again and again. How long does TCP wait each time, and what does it learn?
local course = require "course"
sim.lesson { "1, 2, 4, 8 s", zh = "超时重传与指数退避",
             question = { "When is lost data sent again?", zh = "丢失的数据什么时候重传？" },
             shows = { "The retransmission timer: 1, 2, 4, 8 s, doubling until an acknowledgment comes.",
                       zh = "超时重传：1、2、4、8 秒逐次翻倍，直到收到确认。" },
             flip = { retransmit = "false" } }
local p = sim.params { retransmit = true }
course.defaults { retransmit = p.retransmit }
local client, server, wire = course.pair()
local conn, peer = course.connected(client, server)

local received = 0
server:spawn(function()
  while true do
    local data = peer:recv()
    if not data then break end
    received = received + #data
  end
end)
local function times(since)
  local list = {}
  for _, packet in ipairs(client:packets({ tcp = true, data = true }, { since = since })) do
    list[#list + 1] = packet.time
  end
  return list
end

sim.sleep(1 - sim.now())
wire:drop({ tcp = true, data = true }, { count = 3 })
conn:send(string.rep("a", 100))
sim.sleep(9.9 - sim.now())

if p.retransmit then
  check.equal(times(0), { 1.0, 2.0, 4.0, 8.0 }, "each wait is twice the one before")
  check.equal(received, 100, "delivered once")
  check.equal(conn:info().rto, 8.0, "no sample from what was sent more than once (Karn): the wait stays")
  sim.note { "Acknowledged, but which of the four was it? So the wait stays at 8 s.",
             zh = "收到确认了，但确认的是四次中的哪一次？所以等待时间仍是 8 秒。" }

  wire:drop({ tcp = true, data = true }, { count = 1 })
  sim.sleep(10 - sim.now())
  conn:send(string.rep("b", 100))
  sim.sleep(20 - sim.now())
  check.equal(times(9), { 10.0, 18.0 }, "so the next loss is noticed only after 8 s")
  conn:send(string.rep("c", 100))
  sim.sleep("1s")
  check.equal(conn:info().rto, 1.0, "a fresh segment acknowledged: measured again, and back to 1 s")
  check.equal(received, 300)
  check.equal(client.counters.TcpRetransSegs, 4)
else
  sim.settle()
  check.equal(times(0), { 1.0 }, "sent once, and never again")
  check.equal(received, 0, "the receiver waits for ever")
  check.equal({ conn.state, peer.state }, { "ESTABLISHED", "ESTABLISHED" }, "and both believe all is well")
end
