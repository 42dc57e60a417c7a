-- May a router say "slow down" without throwing anything away?
local course = require "course"
sim.lesson { "Congestion without loss", zh = "显式拥塞通知",
             question = { "Must a packet die for its sender to slow down?", zh = "非得丢包，发送方才会慢下来吗？" },
             shows = { "The router marks instead of dropping, and ECE and CWR carry the word to brake " ..
                       "back to the sender.",
                       zh = "路由器不丢包而打标记，ECE 和 CWR 两个标志位完成“提前刹车”。" },
             flip = { ecn = "off" } }
local p = sim.params { ecn = "on" }
course.defaults { ecn = p.ecn, sack = true }
local client, server, wire = course.pair {
  link = { rate = "10Mbit", queue = { type = "codel", ecn = true } } }
local size = 1.5e6
local arrived = server:spawn(function() return server:listen(9000):accept():sink() end)
local halved = {}
local conn = assert(client:connect(server, 9000, { sport = 40000 }))
local last = 0
sim.on("tcp:metrics_updated", function(event)
  if event.node ~= client then return end
  if event.cwnd < last then
    halved[#halved + 1] = { in_flight = event.in_flight, ssthresh = event.ssthresh, cwnd = event.cwnd }
  end
  last = event.cwnd
end)
conn:stream(size)
conn:close()
check.equal(arrived:wait(), size, "all of it arrives")

local syn, synack = client:packets({ src = client })[1], client:packets({ src = server })[1]
local queue_drops = wire.counters.queue_drops
if p.ecn == "off" then
  check.equal({ syn.tcp.flags, synack.tcp.flags }, { "S", "S." }, "nobody asks")
  check.equal(wire.counters.marked, 0, "who was not asked cannot be marked")
  check(queue_drops > 0, "so the queue can only drop")
  check.equal(client.counters.TcpRetransSegs, queue_drops, "and what it drops is sent again")
  return
end

check.equal({ syn.tcp.flags, synack.tcp.flags }, { "SEW", "S.E" }, "both ends agree in the handshake")
check.equal(queue_drops, 0, "nothing is dropped")
check.equal(client.counters.TcpRetransSegs, 0, "nothing is sent twice")
check(wire.counters.marked > 0, "but some packets are marked")
sim.note { "The queue marks; the receiver echoes ECE in every ACK until the sender says CWR.",
           zh = "队列打标记；接收方在每个确认里回送 ECE，直到发送方以 CWR 回应。" }

-- At the server: after a packet with CE every ACK has E, until one with W has come.
local echo, echoes, ces, cwrs, wrong = false, 0, 0, 0, 0
for _, packet in ipairs(server:packets { tcp = true }) do
  if packet.ip.src == client.ip and packet.time > synack.time then
    if packet.tcp.flags:find("W", 1, true) then echo, cwrs = false, cwrs + 1 end
    if packet.ip.tos & 3 == 3 then echo, ces = true, ces + 1 end
  elseif packet.tcp.flags == "." or packet.tcp.flags == ".E" then
    if (packet.tcp.flags == ".E") ~= echo then wrong = wrong + 1 end
    echoes = echoes + (echo and 1 or 0)
  end
end
check.equal(wrong, 0, "ECE is echoed until CWR comes, and not longer")
check.equal(ces, wire.counters.marked, "each mark reaches the receiver")
check(echoes > ces, "and is echoed more than once")
check.equal(cwrs, #halved, "the sender answers once for each reduction")
for _, at in ipairs(halved) do
  check.equal(at.cwnd, at.ssthresh, "cwnd is ssthresh at once: there is nothing to repair")
  check.near(at.ssthresh, at.in_flight / 2, 1460, "which is half of what was in flight")
end
